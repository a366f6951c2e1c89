package channel

import (
	"strings"
	"unicode/utf8"
)

// A query is the part of a URL after its first "?", or what is left of it.
type query string

// queryOf is what stands between the first "?" and the first "#" of a URL, or "".
// A "?" behind the "#" belongs to the fragment. Nothing else is asked of the URL.
func queryOf(url string) query {
	i := strings.IndexByte(url, '?')
	if i < 0 {
		return ""
	}
	if hash := strings.IndexByte(url, '#'); hash >= 0 {
		if hash < i {
			return ""
		}
		url = url[:hash]
	}
	return query(url[i+1:])
}

// next takes the first parameter off the query. Parameters are separated by "&"
// alone (";" is part of a value, as browsers and the URL standard have it); the
// first "=" ends the name. A parameter without "=" has the value "".
func (q query) next() (name, value string, rest query) {
	s := string(q)
	if i := strings.IndexByte(s, '&'); i >= 0 {
		s, rest = s[:i], q[i+1:]
	}
	if i := strings.IndexByte(s, '='); i >= 0 {
		return s[:i], s[i+1:], rest
	}
	return s, "", rest
}

// maxParamName is the longest click id name a rules file may give, in bytes: the
// size of the buffer a parameter's name is decoded into.
const maxParamName = 64

// param finds a query parameter by its name, decoded and with ASCII letters
// folded. It does not allocate.
func (r *Rules) param(name string) (place int, ok bool) {
	if len(name) == 0 || len(name) > 3*r.maxParam {
		return 0, false
	}
	var buf [maxParamName]byte
	n := 0
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if !isEscape(name, i) {
				return 0, false // no name we know has a "%"
			}
			c = unhex(name[i+1])<<4 | unhex(name[i+2])
			i += 2
		}
		if n == r.maxParam {
			return 0, false
		}
		buf[n] = lower(c)
		n++
	}
	place, ok = r.params[string(buf[:n])]
	return place, ok
}

// decodeValue decodes "+" and %XX in a parameter's value. The value is left
// exactly as it stands, "+" included, where an escape is bad, and where what it
// decodes to is no text: invalid UTF-8 (caf%E9, written in Latin-1) or NUL.
func decodeValue(v string) string {
	if !strings.ContainsAny(v, "%+") {
		return v
	}
	b := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		switch c := v[i]; c {
		case '+':
			b = append(b, ' ')
		case '%':
			if !isEscape(v, i) {
				return v
			}
			c = unhex(v[i+1])<<4 | unhex(v[i+2])
			if c == 0 {
				return v
			}
			b = append(b, c)
			i += 2
		default:
			b = append(b, c)
		}
	}
	if !utf8.Valid(b) {
		return v
	}
	return string(b)
}

// isEscape reports whether s[i], a "%", is followed by two hexadecimal digits.
func isEscape(s string, i int) bool {
	return i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
}

// lower folds an ASCII letter.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
