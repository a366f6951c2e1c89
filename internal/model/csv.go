package model

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The columns of a table of paths, in the order of Reader.columns.
var columns = []string{"path", "conversions", "nulls", "ages"}

// A Reader reads a table of paths as CSV. The first line names the columns, in any
// order and in upper or lower case:
//
//	path         channels by time, with the separator between them; empty: no touch
//	conversions  whole number, 0 or more
//	nulls        the same; may be left out
//	ages         of the touches, in half-lives, with spaces between; may be left out
//
// Spaces around a channel are no part of it. Errors say file:line, what is wrong, and
// what to do.
type Reader struct {
	HasNulls, HasAges bool // the table has the column

	file, separator string
	csv             *csv.Reader
	columns         [4]int // where each is, -1: nowhere
	channels        []string
	ages            []float64
}

// NewReader reads the first line. The file is a name for errors; the separator must not
// be empty.
func NewReader(r io.Reader, file, separator string) (*Reader, error) {
	t := &Reader{file: file, separator: separator, csv: csv.NewReader(r), columns: [4]int{-1, -1, -1, -1}, ages: []float64{}}
	t.csv.ReuseRecord = true
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty: want a first line with the columns path and conversions", file)
	}
	if err != nil {
		return nil, t.broken(err)
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		at := slices.Index(columns, name)
		if at < 0 {
			return nil, t.bad(i, "column %q is none of %s: leave it out, or rename it; columns are separated by commas", name, strings.Join(columns, ", "))
		}
		if t.columns[at] >= 0 {
			return nil, t.bad(i, "column %s is there twice: leave one out", name)
		}
		t.columns[at] = i
	}
	for at, name := range columns[:2] {
		if t.columns[at] < 0 {
			return nil, t.bad(0, "there is no column %s: name it in the first line", name)
		}
	}
	t.HasNulls, t.HasAges = t.columns[2] >= 0, t.columns[3] >= 0
	return t, nil
}

// Read returns the next row, good until the next Read, or io.EOF.
func (t *Reader) Read() (Path, error) {
	record, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return Path{}, err
	}
	if err != nil {
		return Path{}, t.broken(err)
	}
	var row Path
	if row.Channels, err = t.path(record[t.columns[0]]); err != nil {
		return Path{}, err
	}
	if row.Conversions, err = t.count(record, 1); err != nil {
		return Path{}, err
	}
	if t.HasNulls {
		if row.Nulls, err = t.count(record, 2); err != nil {
			return Path{}, err
		}
	}
	if t.HasAges {
		t.ages = t.ages[:0]
		for text := range strings.FieldsSeq(record[t.columns[3]]) {
			age, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return Path{}, t.bad(t.columns[3], "age %q is no number: want one for each touch, in half-lives, such as \"3 2 0.5\"", text)
			}
			t.ages = append(t.ages, age)
		}
		row.Ages = t.ages
	}
	return row, nil
}

// AddTo adds the rows that are left to a table. Errors of the table say where too.
func (t *Reader) AddTo(p *Paths) error {
	for {
		row, err := t.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := p.Add(row); err != nil {
			return t.bad(0, "%w", err)
		}
	}
}

// path cuts a path into channels.
func (t *Reader) path(text string) ([]string, error) {
	if !utf8.ValidString(text) {
		return nil, t.bad(t.columns[0], "path %q is not UTF-8: save the file as UTF-8", text)
	}
	t.channels = t.channels[:0]
	if strings.TrimSpace(text) == "" {
		return t.channels, nil
	}
	for name := range strings.SplitSeq(text, t.separator) {
		if name = strings.TrimSpace(name); name == "" {
			return nil, t.bad(t.columns[0], "path %q has a channel without a name: name it, or give the right --separator", text)
		}
		t.channels = append(t.channels, name)
	}
	return t.channels, nil
}

// count reads a whole number.
func (t *Reader) count(record []string, column int) (int64, error) {
	text := strings.TrimSpace(record[t.columns[column]])
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxCount {
		return 0, t.bad(t.columns[column], "%s %q: want a whole number, 0 to 2^53, without separators", columns[column], text)
	}
	return n, nil
}

// bad is an error of a field of the line just read.
func (t *Reader) bad(field int, format string, args ...any) error {
	line, _ := t.csv.FieldPos(field)
	return fmt.Errorf("%s:%d: %w", t.file, line, fmt.Errorf(format, args...))
}

// broken is an error of the CSV itself, or of reading it.
func (t *Reader) broken(err error) error {
	var parse *csv.ParseError
	switch {
	case !errors.As(err, &parse):
		return fmt.Errorf("%s: %w", t.file, err)
	case errors.Is(parse.Err, csv.ErrFieldCount):
		return fmt.Errorf("%s:%d: another number of fields than the first line has: quote fields that hold a comma", t.file, parse.StartLine)
	default:
		return fmt.Errorf("%s:%d: column %d: %w: quote fields that hold a quote, and double it", t.file, parse.Line, parse.Column, parse.Err)
	}
}
