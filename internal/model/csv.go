package model

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/attribution-dev/attribution/internal/csvfile"
)

// columns are those of a table of paths. One misspelt is refused: without nulls the
// models are others.
var columns = csvfile.Columns{Names: []string{"path", "conversions", "nulls", "ages"}, Optional: []string{"nulls", "ages"}, Only: true}

// Places in columns.
const (
	pathColumn = iota
	conversionsColumn
	nullsColumn
	agesColumn
)

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

	separator string
	csv       *csvfile.Reader
	channels  []string
	ages      []float64
}

// NewReader reads the first line. The file is a name for errors; the separator must not
// be empty.
func NewReader(r io.Reader, file, separator string) (*Reader, error) {
	c, err := csvfile.NewReader(file, r, columns)
	if err != nil {
		return nil, err
	}
	return &Reader{HasNulls: c.Has(nullsColumn), HasAges: c.Has(agesColumn), separator: separator, csv: c, ages: []float64{}}, nil
}

// Read returns the next row, good until the next Read, or io.EOF.
func (t *Reader) Read() (Path, error) {
	values, err := t.csv.Next()
	if err != nil {
		return Path{}, err
	}
	row, err := t.row(values)
	if err != nil {
		return Path{}, t.csv.At(err)
	}
	return row, nil
}

func (t *Reader) row(values []string) (row Path, err error) {
	if row.Channels, err = t.path(values[pathColumn]); err != nil {
		return row, err
	}
	if row.Conversions, err = whole(conversionsColumn, values); err != nil {
		return row, err
	}
	if t.HasNulls {
		if row.Nulls, err = whole(nullsColumn, values); err != nil {
			return row, err
		}
	}
	if t.HasAges {
		t.ages = t.ages[:0]
		for text := range strings.FieldsSeq(values[agesColumn]) {
			age, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return row, fmt.Errorf("age %q is no number: want one for each touch, in half-lives, such as \"3 2 0.5\"", text)
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
			return t.csv.At(err)
		}
	}
}

// path cuts a path into channels.
func (t *Reader) path(text string) ([]string, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("path %q is not UTF-8: save the file as UTF-8", text)
	}
	t.channels = t.channels[:0]
	if strings.TrimSpace(text) == "" {
		return t.channels, nil
	}
	for name := range strings.SplitSeq(text, t.separator) {
		if name = strings.TrimSpace(name); name == "" {
			return nil, fmt.Errorf("path %q has a channel without a name: name it, or give the right --separator", text)
		}
		t.channels = append(t.channels, name)
	}
	return t.channels, nil
}

// whole reads a whole number.
func whole(column int, values []string) (int64, error) {
	text := strings.TrimSpace(values[column])
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxCount {
		return 0, fmt.Errorf("%s %q: want a whole number, 0 to 2^53, without separators", columns.Names[column], text)
	}
	return n, nil
}
