package script

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
)

// An Answer is one place where the tables were computed.
type Answer struct {
	Name     string // in errors: "nightly"
	Sessions string // schema of all_sessions, useful_sessions, touches, attribution
	Aliases  string // schema of anonymous_ids and user_ids
}

// Check reads the table from the answer and holds it to the expectation. A
// difference is an error that begins with file and line, and shows what came.
func (e Expect) Check(ctx context.Context, conn *pgx.Conn, file string, a Answer) error {
	got, err := e.read(ctx, conn, a)
	if err != nil {
		return fmt.Errorf("%s:%d: %s: %s: %w", file, e.Line, a.Name, e.Table, err)
	}
	if err := e.compare(got); err != nil {
		var m misplaced
		line := e.Line
		if errors.As(err, &m) {
			line = m.line
		}
		return fmt.Errorf("%s:%d: %s: %s: %w; came:\n%s", file, line, a.Name, e.Table, err, e.show(got))
	}
	return nil
}

// read gives the rows there are, a cell a column, as the language writes them.
func (e Expect) read(ctx context.Context, conn *pgx.Conn, a Answer) ([][]string, error) {
	t, err := findTable(e.Table)
	if err != nil {
		return nil, err
	}
	schema, columns := a.Sessions, []string{"alias_id"}
	if t.alias {
		schema = a.Aliases
	}
	for _, c := range e.columns {
		columns = append(columns, c.name)
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM (" + fmt.Sprintf(t.query, pgx.Identifier{schema}.Sanitize()) + ") AS t WHERE $1 IN ('', " +
		person + `) ORDER BY alias_id COLLATE "C", is_identified, ` + t.order
	if t.alias {
		query = query[:strings.LastIndex(query, " ORDER BY")] + " ORDER BY " + t.order
	}
	rows, err := conn.Query(ctx, query, e.Person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]string, error) {
		values, err := row.Values()
		if err != nil {
			return nil, err
		}
		cells := []string{}
		for _, v := range values[1:] {
			cells = append(cells, showValue(v))
		}
		return cells, nil
	})
}

// showValue is a value of the database as the language writes it.
func showValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case time.Time:
		return showTime(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	default:
		return showText(fmt.Sprint(v))
	}
}

// compare says what the first difference is, and on which line.
func (e Expect) compare(got [][]string) error {
	for i, want := range e.Rows {
		if i == len(got) {
			return misplaced{line: want.Line, error: fmt.Errorf("%d rows expected, %d came", len(e.Rows), len(got))}
		}
		for k, cell := range want.Cells {
			if got[i][k] != cell {
				return misplaced{line: want.Line, error: fmt.Errorf("row %d: %s: expected %s, came %s", i+1, e.Columns[k], cell, got[i][k])}
			}
		}
	}
	if len(got) > len(e.Rows) {
		return misplaced{line: e.Line, error: fmt.Errorf("%d rows expected, %d came", len(e.Rows), len(got))}
	}
	return nil
}

// show prints rows as the script would.
func (e Expect) show(rows [][]string) string {
	if len(rows) == 0 {
		return "  none\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{e.Columns}, rows...) {
		fmt.Fprintf(w, "  %s\n", strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err.Error() // a builder does not fail
	}
	return b.String()
}
