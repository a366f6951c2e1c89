package docs_test

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
		"sessions", "what analysts read", "`attribution`, `all_sessions`, `useful_sessions`, `touches`, `persons`, `conversions` and `paths` change in one transaction, at the end of a run; " +
			"`channel_weights`, `spend`, `revenue` and `channel_performance` are made anew in the same one. `credits` and `retention` are views on these and `freshness` says of which run they are: so whatever " +
			"one statement reads agrees, and whatever one transaction reads at REPEATABLE READ. Reading them needs `SELECT` on this schema only; grants and views of yours on these tables survive every run. Tables of it whose names end in `_all` " +
			"are the one partition of a table: query the tables, not the partitions. Which to ask what: [questions.md](questions.md).",
		[]string{
			"attribution", "persons", "conversions", "credits", "paths", "channel_performance", "retention",
			"all_sessions", "useful_sessions", "touches", "spend", "revenue", "channel_weights", "freshness",
		},
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

func TestTables(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var schemas []string
	for _, c := range chapters {
		schemas = append(schemas, c.schema)
	}
	relations, err := catalog.Read(t.Context(), conn, schemas...)
	require.NoError(t, err)
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

func tablesText(relations []catalog.Relation) string {
	var b strings.Builder
	b.WriteString("# Tables\n\nMade from the comments in the database by `go test ./internal/docs -run TestTables -update`; do not edit by hand. " +
		"The same comments show in `psql` (`\\d+ sessions.attribution`) and in most query tools. The schemas' names are the default ones; the setting `schemas` changes them. " +
		"All times are `timestamptz`, all months are UTC.\n")
	for _, c := range chapters {
		fmt.Fprintf(&b, "\n## `%s`: %s\n\n%s\n", c.schema, c.title, c.intro)
		var own []catalog.Relation
		for _, r := range relations {
			if r.Schema == c.schema {
				own = append(own, r)
			}
		}
		place := func(r catalog.Relation) int {
			if i := slices.Index(c.first, r.Name); i >= 0 {
				return i
			}
			return len(c.first)
		}
		slices.SortStableFunc(own, func(a, b catalog.Relation) int { return place(a) - place(b) })
		for _, r := range own {
			writeRelation(&b, r)
		}
	}
	return b.String()
}

// cell is a text inside a table of Markdown.
func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }

func writeRelation(b *strings.Builder, r catalog.Relation) {
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
			facts = append(facts, "Primary key: `"+i.On()+"`.")
		} else {
			others = append(others, "`"+i.On()+"`")
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
