package stages

import (
	"context"
	"fmt"
	"os"

	"github.com/attribution-dev/attribution/internal/csvfile"
	"github.com/attribution-dev/attribution/internal/pg"
)

// An amounts is a list of spend or payments that the operator keeps, and that is read
// anew every run: a table or view, a CSV file, or what a query of theirs gives.
type amounts struct {
	setting string // for people
	table   string // schema.table
	file    string // CSV, with a header
	query   string // a file with one SELECT
	columns csvfile.Columns
}

// given reports whether the operator keeps such a list.
func (a *amounts) given() bool { return a.table != "" || a.file != "" || a.query != "" }

// read hands the rows to add, the values in the order of columns, "" where there is none.
// Errors say where.
func (a *amounts) read(ctx context.Context, in *Input, add func(values []string) error) error {
	switch {
	case a.table != "":
		return a.readTable(ctx, in, add)
	case a.query != "":
		text, err := os.ReadFile(a.query)
		if err != nil {
			return fmt.Errorf("%s.query: %w", a.setting, err)
		}
		return a.stream(ctx, in, a.query, string(text), add)
	}
	file, err := os.Open(a.file)
	if err != nil {
		return fmt.Errorf("%s.file: %w", a.setting, err)
	}
	defer file.Close()
	if in.DB.Dry() {
		return nil // it can be opened
	}
	return csvfile.Read(a.file, file, a.columns, add)
}

// readTable reads those columns of the table that are wanted.
func (a *amounts) readTable(ctx context.Context, in *Input, add func([]string) error) error {
	t, err := pg.ParseTable(a.table)
	if err != nil {
		return err
	}
	has, err := in.columnsOf(ctx, in.DB.Pool, t.Schema, t.Name)
	if err != nil {
		return err
	}
	if len(has) == 0 {
		return fmt.Errorf("%s.table: there is no table or view %s, or none of its columns can be read: grant USAGE on the schema and SELECT on it", a.setting, a.table)
	}
	places, err := a.columns.Places(has)
	if err != nil {
		return fmt.Errorf("%s: %w, by a view", a.table, err)
	}
	d := pg.Data{Source: t.Ident()}
	for _, place := range places {
		if place >= 0 {
			d.Extra = append(d.Extra, pg.MustIdent(has[place]))
		}
	}
	sql, err := in.DB.Templates.Render("07_attribute/310_read_amounts.sql", d)
	if err != nil {
		return err
	}
	return a.stream(ctx, in, a.table, sql, add)
}

// stream reads what a statement gives.
func (a *amounts) stream(ctx context.Context, in *Input, name, sql string, add func([]string) error) error {
	var places []int
	values := make([]string, len(a.columns.Names))
	row := 0
	begin := func(columns []string) (err error) {
		if places, err = a.columns.Places(columns); err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return err
	}
	return in.DB.StreamText(ctx, name, sql, begin, func(cells [][]byte) error {
		row++
		for i, place := range places {
			if values[i] = ""; place >= 0 {
				values[i] = string(cells[place])
			}
		}
		if err := add(values); err != nil {
			return fmt.Errorf("%s: row %d: %w", name, row, err)
		}
		return nil
	})
}
