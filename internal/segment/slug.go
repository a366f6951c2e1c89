package segment

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Slug turns an event or property name into the name Segment gives its table or
// column: "Signed Up" and "signedUp" both become "signed_up".
//
// Words are runs of ASCII letters and digits, cut where a lower-case letter meets
// an upper-case one; they are lower-cased and joined by single underscores, and
// whatever lies between them is dropped. (These are the rules of Segment's own
// go-snakecase, which its documentation names.) Beyond those rules: a name that
// starts with a digit gets an underscore in front; a name without any ASCII letter
// or digit is first percent-encoded, so that "注册" keeps a name of its own, and is
// "" only if it was empty; a name is cut at 63 bytes, as Postgres would.
func Slug(name string) string {
	slug := snake(name)
	if slug == "" && name != "" {
		slug = snake(percentEncode(name, true))
	}
	return fit(slug)
}

// ColumnName is the column of a nested value: its keys slugged and joined, so that
// ("context", "page", "url") is "context_page_url".
//
// The keys of context.campaign come from the names of URL parameters, so what is
// not ASCII in them is percent-encoded first: a zero-width space inside
// "utm_source" gave one company the column context_campaign_s_e2_80_8bource.
func ColumnName(path ...string) string {
	name := ""
	for i, key := range path {
		name = childName(name, key, i == 0)
	}
	return name
}

// childName is the column name of a key inside the object whose column name is
// parent. It is "" where the key has no name at all.
func childName(parent, key string, isRoot bool) string {
	if parent == "context_campaign" {
		key = percentEncode(key, false)
	}
	slug := snake(key)
	if slug == "" && key != "" {
		slug = snake(percentEncode(key, true))
	}
	if isRoot || parent == "" {
		return fit(slug)
	}
	if slug == "" {
		return parent
	}
	return fit(parent + "_" + slug)
}

// fit makes a slug a name Postgres keeps whole. Slugs are ASCII.
func fit(slug string) string {
	if slug != "" && isDigit(slug[0]) {
		slug = "_" + slug
	}
	if len(slug) > MaxNameBytes {
		slug = strings.TrimRight(slug[:MaxNameBytes], "_")
	}
	return slug
}

func snake(name string) string {
	b := make([]byte, 0, len(name)+8)
	for i := 0; i < len(name); {
		if !isUpper(name[i]) && !isLower(name[i]) && !isDigit(name[i]) {
			i++
			continue
		}
		if len(b) > 0 {
			b = append(b, '_')
		}
		for ; i < len(name) && (isUpper(name[i]) || isDigit(name[i])); i++ {
			b = append(b, name[i]|0x20) // digits have that bit already
		}
		for ; i < len(name) && (isLower(name[i]) || isDigit(name[i])); i++ {
			b = append(b, name[i])
		}
	}
	return string(b)
}

// percentEncode encodes the bytes that are not ASCII, and with all set every byte.
func percentEncode(name string, all bool) string {
	var b strings.Builder
	for i := range len(name) {
		if all || name[i] >= utf8.RuneSelf {
			fmt.Fprintf(&b, "%%%02X", name[i])
		} else {
			b.WriteByte(name[i])
		}
	}
	return b.String()
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
