package docs_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

var update = flag.Bool("update", false, "write docs/tables.md anew from a migrated database")

// tablesPage is the page that is made of the database's comments.
const tablesPage = "docs/tables.md"

// A chapter is one schema of ours: what to say of it, and which tables come first.
type chapter struct {
	schema, title, intro string
	first                []string
}

// chapters begin with what analysts read.
var chapters = []chapter{
	{
		"sessions", "what analysts read", "All four tables change in one transaction, at the end of a run. Reading them needs `SELECT` on this schema only; grants and views of yours on " +
			"these tables survive every run. `useful_sessions_all`, `touches_all` and `attribution_all` are the one partition of each table: query the tables, not the partitions.",
		[]string{"attribution", "all_sessions", "touches", "useful_sessions", "freshness"},
	},
	{"aliases", "who is who", "See [identity.md](identity.md).", []string{"user_ids", "anonymous_ids", "changes"}},
	{"segment", "events taken in", "Partitions are named by month of `received_at`, such as `app_tracks_2018_01`.", []string{"app_tracks"}},
	{
		"session_stages", "visits", "Partitions are named by month of `received_at`, such as `all_tracks_2018_01`. Beside them there are, for each month: the view `all_tracks_2018_01_aliased`, " +
			"the month's visits under their current person, for people to look at; and `all_tracks_2018_01_signup`, the partition of `sessions.all_sessions` with the sessions that start in " +
			"the month (those that start before the first month: `all_tracks_before_signup`). Tables whose names end in `_new_` or `_old_` and a number, and partitions whose names end in " +
			"`_re_merged`, are being built or about to be dropped.",
		[]string{"all_tracks"},
	},
	{"attribution_ops", "runs and worklists", "`schema_version` is the migrations' own.", []string{"runs", "stage_runs"}},
}

// A relation is a table or a view of ours with its comments.
type relation struct {
	Schema, Name, Comment string
	Partitioned           string // by what, or ""
	Columns               []column
	Indexes               []index
}

type column struct {
	Name, Type string
	Nullable   bool
	Comment    string
}

type index struct {
	Definition string
	Primary    bool
}

func TestTables(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	relations := relationsOf(t, conn)
	for _, r := range relations {
		require.NotEmpty(t, r.Comment, "%s.%s has no COMMENT", r.Schema, r.Name)
		for _, c := range r.Columns {
			require.NotEmpty(t, c.Comment, "column %s.%s.%s has no COMMENT", r.Schema, r.Name, c.Name)
		}
	}
	text := tablesText(relations)
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(root, tablesPage), []byte(text), 0o644))
	}
	require.Equal(t, text, read(t, tablesPage), "%s is stale: go test ./internal/docs -run TestTables -update", tablesPage)
}

// relationsOf reads the catalog; partitions are left out.
func relationsOf(t *testing.T, conn *pgx.Conn) []relation {
	t.Helper()
	var schemas []string
	for _, c := range chapters {
		schemas = append(schemas, c.schema)
	}
	rows, err := conn.Query(t.Context(), `
		SELECT n.nspname, c.relname, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
			coalesce(pg_catalog.pg_get_partkeydef(c.oid), ''), NULL, NULL
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY (@schemas) AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'schema_version'
		ORDER BY c.relname COLLATE "C"`, pgx.StrictNamedArgs{"schemas": schemas})
	require.NoError(t, err)
	relations, err := pgx.CollectRows(rows, pgx.RowToStructByPos[relation])
	require.NoError(t, err)
	for i := range relations {
		r := &relations[i]
		args := pgx.StrictNamedArgs{"schema": r.Schema, "name": r.Name}
		rows, err := conn.Query(t.Context(), `
			SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull AND c.relkind <> 'v',
				coalesce(pg_catalog.col_description(c.oid, a.attnum), '')
			FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
			WHERE n.nspname = @schema AND c.relname = @name AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY a.attnum`, args)
		require.NoError(t, err)
		r.Columns, err = pgx.CollectRows(rows, pgx.RowToStructByPos[column])
		require.NoError(t, err)
		rows, err = conn.Query(t.Context(), `
			SELECT pg_catalog.pg_get_indexdef(x.indexrelid), x.indisprimary
			FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid
			JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname = @schema AND c.relname = @name`, args)
		require.NoError(t, err)
		r.Indexes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[index])
		require.NoError(t, err)
		slices.SortFunc(r.Indexes, func(a, b index) int { return cmp.Compare(keysOf(a), keysOf(b)) })
	}
	return relations
}

var usingKeys = regexp.MustCompile(`USING (\w+) (\(.*\))`)

// keysOf is what an index is on: "brin (extract_id)", "(alias_id, is_identified)".
func keysOf(i index) string {
	m := usingKeys.FindStringSubmatch(i.Definition)
	if m == nil {
		return i.Definition
	}
	keys := strings.ReplaceAll(m[2], ` COLLATE "C"`, "")
	if m[1] == "btree" {
		return keys
	}
	return m[1] + " " + keys
}

func tablesText(relations []relation) string {
	var b strings.Builder
	b.WriteString("# Tables\n\nMade from the comments in the database by `go test ./internal/docs -run TestTables -update`; do not edit by hand. " +
		"The same comments show in `psql` (`\\d+ sessions.attribution`) and in most query tools. The schemas' names are the default ones; the setting `schemas` changes them. " +
		"All times are `timestamptz`, all months are UTC.\n")
	for _, c := range chapters {
		fmt.Fprintf(&b, "\n## `%s`: %s\n\n%s\n", c.schema, c.title, c.intro)
		var own []relation
		for _, r := range relations {
			if r.Schema == c.schema {
				own = append(own, r)
			}
		}
		place := func(r relation) int {
			if i := slices.Index(c.first, r.Name); i >= 0 {
				return i
			}
			return len(c.first)
		}
		slices.SortStableFunc(own, func(a, b relation) int { return place(a) - place(b) })
		for _, r := range own {
			writeRelation(&b, r)
		}
	}
	return b.String()
}

// cell is a text inside a table of Markdown.
func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }

func writeRelation(b *strings.Builder, r relation) {
	fmt.Fprintf(b, "\n### `%s.%s`\n\n%s\n\n| column | type | | meaning |\n| --- | --- | --- | --- |\n", r.Schema, r.Name, r.Comment)
	for _, c := range r.Columns {
		null := ""
		if c.Nullable {
			null = "may be NULL"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", c.Name, c.Type, null, cell(c.Comment))
	}
	var facts, others []string
	for _, i := range r.Indexes {
		if i.Primary {
			facts = append(facts, "Primary key: `"+keysOf(i)+"`.")
		} else {
			others = append(others, "`"+keysOf(i)+"`")
		}
	}
	if len(others) > 0 {
		facts = append(facts, "Indexes: "+strings.Join(others, ", ")+".")
	}
	if r.Partitioned != "" {
		facts = append(facts, "Partitioned by `"+r.Partitioned+"`.")
	}
	if len(facts) > 0 {
		fmt.Fprintf(b, "\n%s\n", strings.Join(facts, " "))
	}
}
