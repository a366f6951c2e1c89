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

// Read reads a file whose first line names its columns, and hands the values of each
// other line to add, in the order of c.Names, "" where there is none, valid until add
// returns. Every error begins with name and line, and says what to do about the file's
// own.
func Read(name string, file io.Reader, c Columns, add func(values []string) error) error {
	text := bufio.NewReader(file)
	if mark, _ := text.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // it was seen
	}
	r := csv.NewReader(text)
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s:1: the file is empty: its first line must name the columns %s", name, strings.Join(c.Names, ", "))
	}
	if err != nil {
		return bad(name, err)
	}
	places, err := c.Places(header)
	if err != nil {
		return fmt.Errorf("%s:1: %w", name, err)
	}
	values := make([]string, len(c.Names))
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bad(name, err)
		}
		for i, place := range places {
			if values[i] = ""; place >= 0 {
				values[i] = cells[place]
			}
		}
		if err := add(values); err != nil {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
}

// byteOrderMark begins what some spreadsheets export.
const byteOrderMark = "\ufeff"

// bad says where a file is no CSV.
func bad(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d: %w: every line needs as many values as the header, those with commas or quotes in double quotes", name, parse.StartLine, parse.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}
