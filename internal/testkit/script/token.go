package script

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A token is a word of a line: what stands between blanks, quoted strings taken
// whole, and a date together with the time that follows it.
type token struct {
	text   string
	column int // from 1, in bytes
}

// errUnclosed is a string without its second quote.
var errUnclosed = errors.New("the quoted string does not end")

// tokens splits a line. On an error the token returned last is where it is.
func tokens(line string) ([]token, error) {
	var out []token
	for at := 0; at < len(line); {
		if isBlank(line[at]) {
			at++
			continue
		}
		start, quoted := at, false
		for at < len(line) && (quoted || !isBlank(line[at])) {
			switch {
			case line[at] == '"':
				quoted = !quoted
			case quoted && line[at] == '\\':
				at++
			}
			at++
		}
		at = min(at, len(line))
		out = append(out, token{text: line[start:at], column: start + 1})
		if quoted {
			return out, errUnclosed
		}
	}
	return joinDates(out), nil
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// joinDates makes one token of a date, or of key=date, and the time after it.
func joinDates(in []token) (out []token) {
	for _, t := range in {
		if n := len(out); n > 0 && looksLikeTime(t.text) {
			_, value, isPair := strings.Cut(out[n-1].text, "=")
			if !isPair {
				value = out[n-1].text
			}
			if looksLikeDate(value) {
				out[n-1].text += " " + t.text
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

func looksLikeDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func looksLikeTime(s string) bool {
	return len(s) >= 5 && s[2] == ':' && s[0] >= '0' && s[0] <= '9'
}

// parseTime reads "09:00", "09:00:00.5", "2024-03-01 09:00"; a time without a date
// is of the day.
func parseTime(s string, day time.Time) (time.Time, error) {
	full := s
	if looksLikeTime(s) {
		full = day.Format(time.DateOnly) + " " + s
	}
	for _, layout := range []string{"2006-01-02 15:04", time.DateTime} {
		if t, err := time.Parse(layout, full); err == nil {
			if !t.Equal(t.Truncate(time.Microsecond)) {
				return t, fmt.Errorf("%q is finer than a microsecond", s)
			}
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 09:00 or 2024-03-01 09:00:00.5", s)
}

// parseValue reads a word or a quoted string. The word - is NULL.
func parseValue(s string) (value string, isNull bool, err error) {
	if s == "-" {
		return "", true, nil
	}
	if !strings.Contains(s, `"`) {
		return s, false, nil
	}
	value, err = strconv.Unquote(s)
	if err != nil || s[0] != '"' {
		return "", false, fmt.Errorf("%s is no quoted string", s)
	}
	return value, false, nil
}

// showText is a text as the language writes it.
func showText(s string) string {
	if s == "" || s == "-" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		return strconv.Quote(s)
	}
	return s
}

// showTime is a time as the language writes it, with its date.
func showTime(t time.Time) string {
	return strings.TrimSuffix(t.UTC().Format("2006-01-02 15:04:05.999999"), ":00")
}
