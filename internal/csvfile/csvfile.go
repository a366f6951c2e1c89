// Package csvfile reads CSV files that people keep: columns by name, errors by line.
package csvfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Columns are the columns wanted, by name in any case.
type Columns struct {
	Names    []string
	Optional []string // of Names those that may be missing
	Only     bool     // a Reader refuses others: where a misspelt one would change what comes out
}

// Places are where the columns stand among those there are; -1: nowhere. Errors: one that
// is not optional is missing, or there twice.
func (c Columns) Places(has []string) ([]int, error) {
	places := make([]int, len(c.Names))
	for i, want := range c.Names {
		is := func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), want) }
		places[i] = slices.IndexFunc(has, is)
		switch {
		case places[i] < 0 && !slices.Contains(c.Optional, want):
			return nil, fmt.Errorf("there is no column %s among %q: call one so", want, has)
		case places[i] >= 0 && slices.ContainsFunc(has[places[i]+1:], is):
			return nil, fmt.Errorf("there are two columns %s: leave one", want)
		}
	}
	return places, nil
}

// A Reader reads a file whose first line names its columns. Every error begins with the
// file's name and, but where it cannot be read at all, the line, and says what to do.
type Reader struct {
	name   string
	csv    *csv.Reader
	places []int
	values []string
}

// NewReader reads the first line.
func NewReader(name string, file io.Reader, c Columns) (*Reader, error) {
	text := bufio.NewReader(file)
	if mark, _ := text.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // it was seen
	}
	r := &Reader{name: name, csv: csv.NewReader(text), values: make([]string, len(c.Names))}
	r.csv.ReuseRecord = true
	header, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:1: the file is empty: its first line must name the columns %s", name, strings.Join(c.Names, ", "))
	}
	if err != nil {
		return nil, r.bad(err)
	}
	for _, column := range header {
		known := slices.ContainsFunc(c.Names, func(name string) bool { return strings.EqualFold(strings.TrimSpace(column), name) })
		if c.Only && !known {
			return nil, r.At(fmt.Errorf("column %q is none of %s: leave it out, or rename it; columns are separated by commas", column, strings.Join(c.Names, ", ")))
		}
	}
	if r.places, err = c.Places(header); err != nil {
		return nil, r.At(err)
	}
	return r, nil
}

// Has reports whether the file has the column, by its place in Columns.Names.
func (r *Reader) Has(column int) bool { return r.places[column] >= 0 }

// Next returns the values of the next line in the order of Columns.Names, "" where there
// is none, valid until the next call; io.EOF after the last line.
func (r *Reader) Next() ([]string, error) {
	cells, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, err
	}
	if err != nil {
		return nil, r.bad(err)
	}
	for i, place := range r.places {
		if r.values[i] = ""; place >= 0 {
			r.values[i] = cells[place]
		}
	}
	return r.values, nil
}

// At says that err is of the line just read.
func (r *Reader) At(err error) error {
	line, _ := r.csv.FieldPos(0)
	return fmt.Errorf("%s:%d: %w", r.name, line, err)
}

// Read hands the values of each line of a file to add, as Next gives them.
func Read(name string, file io.Reader, c Columns, add func(values []string) error) error {
	r, err := NewReader(name, file, c)
	if err != nil {
		return err
	}
	for {
		values, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := add(values); err != nil {
			return r.At(err)
		}
	}
}

// byteOrderMark begins what some spreadsheets export.
const byteOrderMark = "\ufeff"

// bad says where the file is no CSV.
func (r *Reader) bad(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d: %w: every line needs as many values as the header, those with commas or quotes in double quotes", r.name, parse.StartLine, parse.Err)
	}
	return fmt.Errorf("%s: %w", r.name, err)
}
