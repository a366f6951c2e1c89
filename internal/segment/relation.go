package segment

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A Querier runs one query: a connection, a pool or a transaction of pgx.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// A relation is a table or the like in the schema loaded into.
type relation struct {
	name    string
	kind    string // pg_class.relkind
	columns []Column
}

// unusable says why rows cannot be loaded into the relation, "" where they can.
func (r *relation) unusable() string {
	if r.kind != "r" && r.kind != "p" {
		return "it is not a table"
	}
	types := map[string]string{}
	for _, c := range r.columns {
		types[c.Name] = c.Type
	}
	id, maxChars := codecOf(types["id"])
	if id != codecText || maxChars != 0 && maxChars < maxIDBytes {
		return fmt.Sprintf("its column id is %s, not %s as Segment has it", orMissing(types["id"]), TypeID)
	}
	for _, name := range []string{"received_at", "uuid_ts"} {
		if c, _ := codecOf(types[name]); c != codecTime && types[name] != "" {
			return fmt.Sprintf("its column %s is %s, not %s as Segment has it", name, types[name], TypeTimestamp)
		}
	}
	return ""
}

func orMissing(typ string) string {
	if typ == "" {
		return "missing"
	}
	return typ
}

// relations reads what the schema holds. Generated columns are left out, since
// nothing can be written into them.
func relations(ctx context.Context, q Querier, schema string) ([]relation, error) {
	rows, err := q.Query(ctx, `
		SELECT c.relname::pg_catalog.text, c.relkind::pg_catalog.text,
		       coalesce(a.attname::pg_catalog.text, ''),
		       coalesce(pg_catalog.format_type(a.atttypid, a.atttypmod), '')
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute a
		       ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I')
		ORDER BY c.relname, a.attnum`, pgx.QueryExecModeExec, schema)
	if err != nil {
		return nil, fmt.Errorf("reading the tables of schema %q: %w", schema, err)
	}
	var list []relation
	var name, kind string
	var c Column
	_, err = pgx.ForEachRow(rows, []any{&name, &kind, &c.Name, &c.Type}, func() error {
		if n := len(list); n == 0 || list[n-1].name != name {
			list = append(list, relation{name: name, kind: kind})
		}
		if c.Name != "" {
			last := &list[len(list)-1]
			last.columns = append(last.columns, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tables of schema %q: %w", schema, err)
	}
	return list, nil
}
