package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rivo/uniseg"
)

// A column is one column of a printed table.
type column struct {
	title string
	right bool // numbers
	width int  // cut beyond it; 0: never
}

// printTable prints rows in columns, without lines or colours, so that it reads the
// same on a terminal and in a pipe.
func (g *globals) printTable(columns []column, rows [][]string) {
	cells := make([][]string, 0, len(rows)+1)
	header := make([]string, len(columns))
	titled := false
	for i, c := range columns {
		header[i] = c.title
		titled = titled || c.title != ""
	}
	if titled {
		cells = append(cells, header)
	}
	cells = append(cells, rows...)
	widths := make([]int, len(columns))
	for _, row := range cells {
		for i, c := range columns {
			row[i] = cut(row[i], c.width)
			widths[i] = max(widths[i], uniseg.StringWidth(row[i]))
		}
	}
	for _, row := range cells {
		var line strings.Builder
		for i, c := range columns {
			pad := strings.Repeat(" ", widths[i]-uniseg.StringWidth(row[i]))
			if c.right {
				line.WriteString("  " + pad + row[i])
			} else {
				line.WriteString("  " + row[i] + pad)
			}
		}
		fmt.Fprintln(g.out, strings.TrimRight(line.String(), " "))
	}
}

// cut shortens a text that is wider than width; 0 is no limit.
func cut(s string, width int) string {
	s = oneLine(s)
	if width <= 0 || uniseg.StringWidth(s) <= width {
		return s
	}
	kept := ""
	for graphemes := uniseg.NewGraphemes(s); graphemes.Next() && uniseg.StringWidth(kept+graphemes.Str()) < width; {
		kept += graphemes.Str()
	}
	return kept + "…"
}

// title prints the headline of a part of the result.
func (g *globals) title(format string, args ...any) {
	fmt.Fprintf(g.out, "\n"+format+"\n", args...)
}

// printJSON prints the result as one JSON document.
func (g *globals) printJSON(v any) error {
	e := json.NewEncoder(g.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// count writes a number with separators: 1,234,567.
func count[N ~int | ~int32 | ~int64 | ~uint64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural is "1 person", "2 persons".
func plural[N ~int | ~int32 | ~int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "ty") {
		return count(n) + " " + strings.TrimSuffix(one, "y") + "ies"
	}
	return count(n) + " " + one + "s"
}

// counted are the numbers of a sentence that count something, not years in a date.
var counted = regexp.MustCompile(`\b[0-9]{4,}\b( [a-z])`)

// grouped puts separators into the counts of a sentence.
func grouped(sentence string) string {
	return counted.ReplaceAllStringFunc(sentence, func(m string) string {
		digits, rest, _ := strings.Cut(m, " ")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return m
		}
		return count(n) + " " + rest
	})
}

// lineWidth is where prose is broken.
const lineWidth = 100

// wrap breaks a sentence into lines, the first and the others indented so.
func wrap(sentence, first, others string) string {
	var lines []string
	line, indent := first, first
	for _, word := range strings.Fields(sentence) {
		if line != indent && uniseg.StringWidth(line+" "+word) > lineWidth {
			lines = append(lines, line)
			line, indent = others, others
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

// took writes a duration as precisely as anybody wants to know it.
func took(d time.Duration) string {
	if d < 999500*time.Microsecond {
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	}
	if d < 9950*time.Millisecond {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	seconds := int(d.Round(time.Second).Seconds())
	if seconds < 60 {
		return fmt.Sprintf("%d s", seconds)
	}
	if seconds < 3600 {
		return fmt.Sprintf("%d m %02d s", seconds/60, seconds%60)
	}
	minutes := int(d.Round(time.Minute).Minutes())
	return fmt.Sprintf("%d h %02d m", minutes/60, minutes%60)
}

// instant writes a time as tables show it, in UTC.
func instant(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// or is the text, or a dash for NULL.
func or(s *string) string {
	if s == nil || *s == "" {
		return "-"
	}
	return *s
}

// duration is so many seconds.
func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// size writes a number of bytes as people say it.
func size(bytes int64) string {
	value, units := float64(bytes), []string{"B", "kB", "MB", "GB", "TB"}
	for len(units) > 1 && value >= 999.5 {
		value, units = value/1000, units[1:]
	}
	if value < 9.95 && units[0] != "B" {
		return fmt.Sprintf("%.1f %s", value, units[0])
	}
	return fmt.Sprintf("%.0f %s", value, units[0])
}
