// Package catalog reads tables, columns and comments from a migrated database, for
// what is generated from them: pages, LookML, dbt.
package catalog

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A Relation is a table or a view of ours with its comments; partitions are none.
type Relation struct {
	Schema, Name, Comment string
	Partitioned           string // by what, or ""
	Columns               []Column
	Indexes               []Index
}

// A Column is one of a relation. Type is as PostgreSQL writes it.
type Column struct {
	Name, Type string
	Nullable   bool // of a view: false, since it is not known
	Comment    string
}

// An Index is one of a table.
type Index struct {
	Definition string
	Primary    bool
}

// Read returns the relations of the schemas, by schema and name. The migrations' own
// table is left out.
func Read(ctx context.Context, conn *pgx.Conn, schemas ...string) ([]Relation, error) {
	relations, err := collect[Relation](ctx, conn, `
		SELECT n.nspname, c.relname, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
			coalesce(pg_catalog.pg_get_partkeydef(c.oid), ''), NULL, NULL
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY (@schemas) AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'schema_version'
		ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`, pgx.StrictNamedArgs{"schemas": schemas})
	if err != nil {
		return nil, err
	}
	for i := range relations {
		r := &relations[i]
		args := pgx.StrictNamedArgs{"schema": r.Schema, "name": r.Name}
		r.Columns, err = collect[Column](ctx, conn, `
			SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull AND c.relkind <> 'v',
				coalesce(pg_catalog.col_description(c.oid, a.attnum), '')
			FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
			WHERE n.nspname = @schema AND c.relname = @name AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY a.attnum`, args)
		if err != nil {
			return nil, err
		}
		r.Indexes, err = collect[Index](ctx, conn, `
			SELECT pg_catalog.pg_get_indexdef(x.indexrelid), x.indisprimary
			FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid
			JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname = @schema AND c.relname = @name`, args)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(r.Indexes, func(a, b Index) int { return cmp.Compare(a.On(), b.On()) })
	}
	return relations, nil
}

func collect[T any](ctx context.Context, conn *pgx.Conn, query string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, err := conn.Query(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

var using = regexp.MustCompile(`USING (\w+) (\(.*\))`)

// On is what an index is on: "brin (extract_id)", "(alias_id, is_identified)".
func (i Index) On() string {
	m := using.FindStringSubmatch(i.Definition)
	if m == nil {
		return i.Definition
	}
	keys := strings.ReplaceAll(m[2], ` COLLATE "C"`, "")
	if m[1] == "btree" {
		return keys
	}
	return m[1] + " " + keys
}

// keys are what is unique where no primary key says so: of views, and of tables that
// are made anew each run. The tests count that they are.
var keys = map[string][]string{
	"sessions.credits":             {"alias_id", "is_identified", "conversion", "number", "model", "position"},
	"sessions.retention":           {"dimension", "value", "week"},
	"sessions.freshness":           {"table_name"},
	"sessions.spend":               {"spent_on", "source", "medium", "campaign", "currency"},
	"sessions.revenue":             {"alias_id", "is_identified", "currency"},
	"sessions.channel_performance": {"day", "conversion", "model", "channel", "source", "medium", "campaign", "currency"},
}

// Key is what identifies a row: the primary key, or what is unique without one; nil
// where nothing is.
func (r Relation) Key() []string {
	for _, i := range r.Indexes {
		if i.Primary {
			return strings.Split(strings.ReplaceAll(strings.Trim(i.On(), "()"), `"`, ""), ", ")
		}
	}
	return keys[r.Schema+"."+r.Name]
}
