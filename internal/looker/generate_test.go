package looker_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit/catalog"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

var update = flag.Bool("update", false, "write looker/generated anew from a migrated database")

// root is the LookML project's folder.
const root = "../../looker"

// schemas are the constants of manifest.lkml, by the schemas they stand for.
var schemas = map[string]string{"sessions": "attribution_schema", "aliases": "aliases_schema"}

// relations are the tables that analysts read: all of sessions, and of aliases the
// way to join one's own users.
func relations(t *testing.T, conn *pgx.Conn) []catalog.Relation {
	t.Helper()
	all, err := catalog.Read(t.Context(), conn, "sessions", "aliases")
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(r catalog.Relation) bool { return r.Schema == "aliases" && r.Name != "user_ids" })
}

func TestGenerated(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	want := map[string]string{}
	for _, r := range relations(t, conn) {
		want[r.Name+".view.lkml"] = viewOf(t, r)
	}
	dir := filepath.Join(root, "generated")
	if *update {
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.Mkdir(dir, 0o755))
		for name, text := range want {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
	}
	got := map[string]string{}
	for name, text := range read(t) {
		if base, ok := strings.CutPrefix(name, "generated/"); ok {
			got[base] = text
		}
	}
	require.Equal(t, want, got, "looker/generated is stale: go test ./internal/looker -run TestGenerated -update")
}

// lookmlType is the type of a dimension over a column. The times are a
// dimension_group of timeframes.
var lookmlType = map[string]string{
	"text": "string", "jsonb": "string", "boolean": "yesno",
	"integer": "number", "bigint": "number", "numeric": "number", "double precision": "number",
	"date": "time", "timestamp with time zone": "time",
}

// viewOf is the LookML of a relation.
func viewOf(t *testing.T, r catalog.Relation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Made from the comments in the database; do not edit: what is added by hand is in ../views.\n# %s\n", r.Comment)
	fmt.Fprintf(&b, "view: %s {\n  sql_table_name: @{%s}.%s ;;\n", r.Name, schemas[r.Schema], r.Name)
	key := r.Key()
	if len(key) > 1 {
		// NULL where a join finds no row, which ROW alone is not.
		fmt.Fprintf(&b, "\n  dimension: key {\n    primary_key: yes\n    hidden: yes\n    type: string\n    sql: CASE WHEN ${TABLE}.%s IS NOT NULL THEN ROW(${TABLE}.%s)::text END ;;\n  }\n",
			present(r, key), strings.Join(key, ", ${TABLE}."))
	}
	for _, c := range r.Columns {
		kind := lookmlType[c.Type]
		require.NotEmpty(t, kind, "%s.%s: no type of LookML for %s", r.Name, c.Name, c.Type)
		if kind == "time" {
			writeTimes(&b, c)
			continue
		}
		fmt.Fprintf(&b, "\n  dimension: %s {\n", c.Name)
		if len(key) == 1 && key[0] == c.Name {
			b.WriteString("    primary_key: yes\n")
		}
		cast := ""
		if c.Type == "jsonb" {
			cast = "::text"
		}
		fmt.Fprintf(&b, "    type: %s\n    sql: ${TABLE}.%s%s ;;\n    description: %s\n  }\n", kind, c.Name, cast, quoted(c.Comment))
	}
	b.WriteString("}\n")
	return b.String()
}

// present is the first column of a key that is never NULL.
func present(r catalog.Relation, key []string) string {
	for _, name := range key {
		if slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return c.Name == name && !c.Nullable }) {
			return name
		}
	}
	return key[0]
}

// writeTimes is the timeframes of a column: of started_at, started_date and so on. A
// day is one already, and is in no time zone.
func writeTimes(b *strings.Builder, c catalog.Column) {
	name := c.Name
	for _, ending := range []string{"_at", "_on", "_timestamp"} {
		name = strings.TrimSuffix(name, ending)
	}
	frames, more := "raw, time, date, week, month, quarter, year", ""
	if c.Type == "date" {
		frames, more = "raw, date, week, month, quarter, year", "    datatype: date\n    convert_tz: no\n"
	}
	fmt.Fprintf(b, "\n  dimension_group: %s {\n    type: time\n    timeframes: [%s]\n%s    sql: ${TABLE}.%s ;;\n    description: %s\n  }\n",
		name, frames, more, c.Name, quoted(c.Comment))
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// read is the text of the project's files by their paths below root.
func read(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".lkml") && !strings.HasSuffix(path, ".lookml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return files
}
