package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Parse reads the cases of a file; name is what errors call it. An error is an
// *Error.
func Parse(name, text string) ([]Case, error) {
	p := &parser{file: name}
	for line := range strings.Lines(text) {
		p.line++
		line = strings.TrimRight(line, "\r\n")
		if err := p.parseLine(line); err != nil {
			return nil, p.at(err)
		}
	}
	p.line++
	if err := p.endCase(); err != nil {
		return nil, p.at(err)
	}
	return p.cases, nil
}

// A parser is in the midst of a file.
type parser struct {
	file  string
	line  int // from 1
	cases []Case

	day    time.Time             // of times without a date
	rows   int                   // of the case so far
	block  func(t []token) error // what the indented lines belong to; nil: nothing
	closed func() error          // called when the block ends; nil: nothing
}

// firstDay is the day of times without a date, until a day statement.
var firstDay = time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)

// A misplaced error knows its column, or its line as well where that is not the
// parser's.
type misplaced struct {
	error
	line, column int
}

// atToken places an error at a token.
func atToken(t token, format string, args ...any) error {
	return misplaced{error: fmt.Errorf(format, args...), column: t.column}
}

// at makes an *Error of err.
func (p *parser) at(err error) *Error {
	e := &Error{File: p.file, Line: p.line, Column: 1, Message: err.Error()}
	var m misplaced
	if errors.As(err, &m) {
		e.Column = max(m.column, 1)
		if m.line > 0 {
			e.Line = m.line
		}
	}
	return e
}

func (p *parser) parseLine(line string) error {
	if !utf8.ValidString(line) {
		return errors.New("the line is not UTF-8")
	}
	trimmed := strings.Trim(line, " \t")
	switch {
	case trimmed == "" || strings.HasPrefix(trimmed, "//"):
		return nil
	case strings.HasPrefix(line, "#"):
		return p.beginCase(strings.TrimSpace(line[1:]))
	case !isBlank(line[0]):
		if err := p.endBlock(); err != nil {
			return err
		}
		if len(p.cases) == 0 {
			return errors.New("a case begins with its title: # and one sentence")
		}
		return p.statement(line)
	case p.block == nil:
		return misplaced{error: errors.New("an indented line belongs below load or expect"), column: len(line) - len(strings.TrimLeft(line, " \t")) + 1}
	}
	words, err := tokens(line)
	if err != nil {
		return atToken(words[len(words)-1], "%w", err)
	}
	return p.block(words)
}

func (p *parser) beginCase(title string) error {
	if err := p.endCase(); err != nil {
		return err
	}
	if title == "" {
		return errors.New("the case has no title: # and one sentence")
	}
	if slices.ContainsFunc(p.cases, func(c Case) bool { return c.Title == title }) {
		return fmt.Errorf("a second case %q", title)
	}
	p.cases = append(p.cases, Case{Title: title, File: p.file, Line: p.line, Nights: []Night{{Line: p.line}}})
	p.day, p.rows = firstDay, 0
	return nil
}

// night is the one being read.
func (p *parser) night() *Night {
	nights := p.cases[len(p.cases)-1].Nights
	return &nights[len(nights)-1]
}

func (p *parser) endBlock() error {
	closed := p.closed
	p.block, p.closed = nil, nil
	if closed != nil {
		return closed()
	}
	return nil
}

// endCase completes the case that was being read, if any.
func (p *parser) endCase() error {
	if err := p.endBlock(); err != nil || len(p.cases) == 0 {
		return err
	}
	if err := p.endNight(); err != nil {
		return err
	}
	c := p.cases[len(p.cases)-1]
	if !slices.ContainsFunc(c.Nights, func(n Night) bool { return len(n.Expects) > 0 }) {
		return misplaced{error: errors.New("the case expects nothing"), line: c.Line}
	}
	return nil
}

func (p *parser) statement(line string) error {
	words, err := tokens(line)
	if key, ok := strings.CutPrefix(line, "set "); ok {
		return p.set(key)
	}
	if err != nil {
		return atToken(words[len(words)-1], "%w", err)
	}
	rest := words[1:]
	switch words[0].text {
	case "day":
		if len(rest) != 1 || !looksLikeDate(rest[0].text) {
			return errors.New("want: day 2024-03-01")
		}
		p.day, err = time.Parse(time.DateOnly, rest[0].text)
		return err
	case "load":
		if len(rest) > 0 {
			return atToken(rest[0], "load stands alone; its rows follow, indented")
		}
		begun, night := p.line, p.night()
		p.block = p.row
		p.closed = func() error {
			if len(night.Rows) == 0 || night.Rows[len(night.Rows)-1].Line < begun {
				return misplaced{error: errors.New("nothing is loaded: rows follow load, indented"), line: begun}
			}
			return nil
		}
		return nil
	case "expect":
		return p.expect(rest)
	case "forget":
		if len(rest) != 1 || !isPerson(rest[0].text) {
			return errors.New("want: forget and a person, user:ID or anon:ID")
		}
		p.night().Forget = append(p.night().Forget, rest[0].text)
		return nil
	case "delete":
		if len(rest) != 1 {
			return errors.New("want: delete and the id of a row")
		}
		p.night().Delete = append(p.night().Delete, rest[0].text)
		return nil
	case "night":
		return p.beginNight(rest)
	case "set":
		return errors.New("want: set key=value")
	}
	return atToken(words[0], "%q is no statement; there are set, day, forget, delete, load, expect, night", words[0].text)
}

// isPerson reports whether the text names a person.
func isPerson(text string) bool {
	return strings.HasPrefix(text, "user:") || strings.HasPrefix(text, "anon:")
}

func (p *parser) set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if !ok || key == "" || value == "" {
		return errors.New("want: set key=value")
	}
	p.night().Settings = append(p.night().Settings, Setting{Key: key, Value: value, Line: p.line})
	return nil
}

func (p *parser) expect(words []token) error {
	if len(words) == 0 {
		return errors.New("want: expect and a table")
	}
	t, err := findTable(words[0].text)
	if err != nil {
		return atToken(words[0], "%w", err)
	}
	e := Expect{Line: p.line, Table: t.name}
	words = words[1:]
	if len(words) > 1 && words[0].text == "of" {
		name, isNull, err := parseValue(words[1].text)
		if err != nil || isNull || !isPerson(name) {
			return atToken(words[1], "%s is no person: user:ID or anon:ID", words[1].text)
		}
		e.Person, words = name, words[2:]
	}
	isNone := len(words) == 1 && words[0].text == "none"
	if len(words) > 0 && !isNone {
		return atToken(words[0], "want: expect %s [of PERSON] [none]", t.name)
	}
	night := p.night()
	if isNone {
		if err := e.header(t, []token{{text: "person"}}); err != nil {
			return err
		}
		night.Expects = append(night.Expects, e)
		return nil
	}
	p.block = func(words []token) error {
		if e.Columns == nil {
			return e.header(t, words)
		}
		return e.row(p.line, p.day, words)
	}
	p.closed = func() error {
		if len(e.Rows) == 0 {
			return misplaced{error: errors.New("nothing is expected: a line of columns and the rows follow, indented, or none"), line: e.Line}
		}
		night.Expects = append(night.Expects, e)
		return nil
	}
	return nil
}

// header reads the line that names the columns.
func (e *Expect) header(t table, words []token) error {
	for _, w := range words {
		c, err := t.find(w.text)
		if err != nil {
			return atToken(w, "%w", err)
		}
		if slices.Contains(e.columns, c) {
			return atToken(w, "column %s twice", w.text)
		}
		e.Columns, e.columns = append(e.Columns, w.text), append(e.columns, c)
	}
	return nil
}

// row reads a line of cells.
func (e *Expect) row(line int, day time.Time, words []token) error {
	if len(words) != len(e.columns) {
		return atToken(words[min(len(words), len(e.columns)+1)-1], "%d cells for %d columns", len(words), len(e.columns))
	}
	r := ExpectedRow{Line: line}
	for i, w := range words {
		cell, err := readCell(w.text, e.columns[i].holds, day)
		if err != nil {
			return atToken(w, "%s: %w", e.Columns[i], err)
		}
		r.Cells = append(r.Cells, cell)
	}
	e.Rows = append(e.Rows, r)
	return nil
}

// readCell checks a cell against what its column holds, and gives it the form in
// which actual values are shown.
func readCell(s string, holds valueType, day time.Time) (string, error) {
	value, isNull, err := parseValue(s)
	if err != nil || isNull {
		return "-", err
	}
	switch holds {
	case instant:
		t, err := parseTime(value, day)
		return showTime(t), err
	case number:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return "", fmt.Errorf("%q is no number", value)
		}
		return strconv.FormatInt(n, 10), nil
	case boolean:
		if value != "yes" && value != "no" {
			return "", fmt.Errorf("%q is neither yes nor no", value)
		}
		return value, nil
	}
	return showText(value), nil
}
