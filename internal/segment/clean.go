package segment

import (
	"bytes"
	"unicode/utf8"
)

// Repairs counts what had to be mended in strings so that Postgres takes them.
type Repairs struct {
	NULs       int64 // NUL characters removed
	BadUnicode int64 // bytes that are no UTF-8, and lone surrogates, replaced by U+FFFD
}

var (
	escapeU     = []byte(`\u`)
	replacement = []byte("\uFFFD")
)

// repair returns the JSON text with NULs removed and bad UTF-8 and lone
// surrogates replaced, whether written raw or as escapes. Text that needs none of
// it, nearly all, is returned as it is; else scratch holds the result.
func repair(text, scratch []byte, n *Repairs) (repaired, newScratch []byte) {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 && !hasBadEscape(text) {
		return text, scratch
	}
	out := scratch[:0]
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == 0:
			n.NULs++
			i++
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && size <= 1 {
				n.BadUnicode++
				out = append(out, replacement...)
			} else {
				out = append(out, text[i:i+size]...)
			}
			i += size
		case c == '\\' && i+1 < len(text) && text[i+1] == 'u':
			r, low := hex4(text, i+2), -1
			if isHighSurrogate(r) && i+7 < len(text) && text[i+6] == '\\' && text[i+7] == 'u' {
				low = hex4(text, i+8)
			}
			switch {
			case r == 0:
				n.NULs++
				i += 6
			case isLowSurrogate(low):
				out = append(out, text[i:i+12]...)
				i += 12
			case isHighSurrogate(r) || isLowSurrogate(r):
				n.BadUnicode++
				out = append(out, replacement...)
				i += 6
			default: // a good escape, or one for the parser to refuse
				out = append(out, '\\', 'u')
				i += 2
			}
		case c == '\\' && i+1 < len(text) && text[i+1] != 0 && text[i+1] < utf8.RuneSelf:
			out = append(out, c, text[i+1])
			i += 2
		default:
			out = append(out, c)
			i++
		}
	}
	return out, out
}

// hasBadEscape is a quick look for an escape that may need repair: it may be wrong
// the safe way only.
func hasBadEscape(text []byte) bool {
	for {
		i := bytes.Index(text, escapeU)
		if i < 0 {
			return false
		}
		if r := hex4(text, i+2); r == 0 || isHighSurrogate(r) || isLowSurrogate(r) {
			return true
		}
		text = text[i+2:]
	}
}

// hex4 is the number of the four hexadecimal digits at text[i:], or -1.
func hex4(text []byte, i int) int {
	if i+4 > len(text) {
		return -1
	}
	n := 0
	for _, c := range text[i : i+4] {
		switch {
		case isDigit(c):
			n = n<<4 | int(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return n
}

func isHighSurrogate(r int) bool { return 0xD800 <= r && r < 0xDC00 }
func isLowSurrogate(r int) bool  { return 0xDC00 <= r && r < 0xE000 }
