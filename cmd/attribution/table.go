package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
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
	t := table.NewWriter()
	style := table.StyleDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format = table.FormatOptions{Header: text.FormatDefault, Row: text.FormatDefault, Footer: text.FormatDefault}
	t.SetStyle(style)
	header := table.Row{}
	var configs []table.ColumnConfig
	for i, c := range columns {
		header = append(header, c.title)
		align := text.AlignLeft
		if c.right {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align})
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(configs)
	for _, r := range rows {
		row := table.Row{}
		for i, cell := range r {
			row = append(row, cut(cell, columns[i].width))
		}
		t.AppendRow(row)
	}
	for line := range strings.Lines(t.Render()) {
		fmt.Fprintln(g.out, strings.TrimRight("  "+line, " \n"))
	}
}

// cut shortens a text to width letters; 0 is no limit.
func cut(s string, width int) string {
	if width <= 0 {
		return s
	}
	return text.Snip(s, width, "…")
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
	if strings.HasSuffix(one, "y") {
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

// took writes a duration as precisely as anybody wants to know it.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
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
