package world

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Dump gives every row of a table as text, "column=value …" with NULL shown and in
// a fixed order, so that two tables are equal exactly when their dumps are. It
// leaves out the columns named in without, such as run_id and recorded_at.
func Dump(ctx context.Context, conn *pgx.Conn, schema, table string, without ...string) ([]string, error) {
	found, err := conn.Query(ctx, `
		SELECT a.attname::text, a.atttypid = 'timestamptz'::regtype, a.atttypid = 'double precision'::regtype
		FROM pg_class AS c
		JOIN pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = $1 AND c.relname = $2 AND a.attname <> ALL ($3)
		ORDER BY a.attnum`, schema, table, append([]string{}, without...))
	if err != nil {
		return nil, fmt.Errorf("dump %s.%s: %w", schema, table, err)
	}
	var columns, items []string
	var name string
	var isTime, isShare bool
	_, err = pgx.ForEachRow(found, []any{&name, &isTime, &isShare}, func() error {
		columns = append(columns, name)
		item := quote(name) + "::text"
		if isTime {
			item = "to_char(" + quote(name) + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
		}
		if isShare { // worked out in another order, the last digits may differ
			item = "round(" + quote(name) + "::numeric, 6)::text"
		}
		items = append(items, item)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dump %s.%s: %w", schema, table, err)
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("dump %s.%s: no such table", schema, table)
	}
	rows, err := conn.Query(ctx, "SELECT ARRAY["+strings.Join(items, ", ")+"]::text[] FROM "+quote(schema, table))
	if err != nil {
		return nil, fmt.Errorf("dump %s.%s: %w", schema, table, err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var values []*string
		if err := row.Scan(&values); err != nil {
			return "", err
		}
		var b strings.Builder
		for i, v := range values {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(columns[i])
			b.WriteByte('=')
			if v == nil {
				b.WriteString("NULL")
			} else {
				fmt.Fprintf(&b, "%+q", *v)
			}
		}
		return b.String(), nil
	})
	if err != nil {
		return nil, fmt.Errorf("dump %s.%s: %w", schema, table, err)
	}
	slices.Sort(lines)
	return lines, nil
}

// Diff says which lines of two dumps differ: "-" only in a, "+" only in b. It is
// empty when they are equal, repeated lines counted.
func Diff(a, b []string) string {
	count := map[string]int{}
	for _, l := range a {
		count[l]++
	}
	for _, l := range b {
		count[l]--
	}
	var out strings.Builder
	write := func(sign string, lines []string, n func(int) int) {
		for _, l := range slices.Compact(slices.Sorted(slices.Values(lines))) {
			for range n(count[l]) {
				fmt.Fprintf(&out, "%s %s\n", sign, l)
			}
		}
	}
	write("-", a, func(n int) int { return max(n, 0) })
	write("+", b, func(n int) int { return max(-n, 0) })
	return out.String()
}
