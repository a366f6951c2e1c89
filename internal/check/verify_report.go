package check

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Check is one thing Verify looked at.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found; where it failed, a few of the persons concerned
}

// A VerifyReport is what Verify found.
type VerifyReport struct {
	AsOf        time.Time `json:"as_of"`         // source rows loaded until then were compared
	SampleOneIn int       `json:"sample_one_in"` // 1: every person
	Checks      []Check   `json:"checks"`
	Notes       []string  `json:"notes,omitempty"` // what the findings may mean, and what to do
}

// Ok reports whether every check held.
func (r VerifyReport) Ok() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
}

// Text prints the report for people, a check a paragraph, 100 columns wide.
func (r VerifyReport) Text(w io.Writer) error {
	p := &printer{w: w}
	failed := 0
	for _, c := range r.Checks {
		mark := "ok    "
		if !c.OK {
			mark = "FAILED"
			failed++
		}
		p.paragraph(mark+"  "+c.Name+": ", strings.Repeat(" ", 8), c.Detail)
	}
	for _, n := range r.Notes {
		p.line("")
		p.paragraph("", "", n)
	}
	p.line("")
	verdict := fmt.Sprintf("All %d checks hold", len(r.Checks))
	if failed > 0 {
		verdict = fmt.Sprintf("%d of %d checks failed", failed, len(r.Checks))
	}
	if r.SampleOneIn > 1 {
		verdict += fmt.Sprintf(", for one person in %d", r.SampleOneIn)
	}
	p.line(verdict + ".")
	return p.err
}

// timeLayout is how times are shown: UTC, to the microsecond where there are any.
const timeLayout = "2006-01-02 15:04:05.999999 UTC"

// width is how many columns text is wrapped to.
const width = 100

// A printer writes lines and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(s string) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.TrimRight(s, " "))
	}
}

// paragraph prints text after first, wrapped at spaces; further lines begin with indent.
func (p *printer) paragraph(first, indent, text string) {
	line, empty := first, true
	for _, word := range strings.Split(text, " ") {
		gap := " "
		if empty {
			gap = ""
		}
		if !empty && len([]rune(line))+len(gap)+len([]rune(word)) > width {
			p.line(line)
			line, gap = indent, ""
		}
		line, empty = line+gap+word, false
	}
	p.line(line)
}

// plural is "1 row" or "3 rows".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// joined is the list as a clause.
func joined(list []string) string { return strings.Join(list, "; ") }
