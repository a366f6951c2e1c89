package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/attribution-dev/attribution/internal/testkit/catalog"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/internal/testkit/simulated"
)

// sourcesFile is dbt's list of our tables.
const sourcesFile = "dbt/models/sources.yml"

// dbt's file of sources, version 2, as far as we use it.
type (
	sources struct {
		Version int      `yaml:"version"`
		Sources []source `yaml:"sources"`
	}
	source struct {
		Name        string  `yaml:"name"`
		Description string  `yaml:"description"`
		Schema      string  `yaml:"schema"`
		Tables      []table `yaml:"tables"`
	}
	table struct {
		Name        string           `yaml:"name"`
		Description string           `yaml:"description"`
		Tests       []map[string]any `yaml:"data_tests,omitempty"`
		Columns     []dbtColumn      `yaml:"columns"`
	}
	dbtColumn struct {
		Name        string   `yaml:"name"`
		Description string   `yaml:"description"`
		Type        string   `yaml:"data_type"`
		Tests       []string `yaml:"data_tests,omitempty,flow"`
	}
)

// dbtSources are the schemas analysts read, and the tables of each; none: all.
var dbtSources = []struct {
	source
	schema string
	only   []string
}{
	{source{Name: "attribution", Description: "Where persons came from, and what that was worth.", Schema: "{{ var('attribution_schema', 'sessions') }}"}, "sessions", nil},
	{
		source{Name: "attribution_aliases", Description: "Who is who: how to join your own users and devices.", Schema: "{{ var('attribution_aliases_schema', 'aliases') }}"},
		"aliases",
		[]string{"user_ids", "anonymous_ids", "changes"},
	},
}

// TestDbtSources: dbt's sources are the tables and comments of a migrated database.
func TestDbtSources(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	all := sources{Version: 2}
	for _, s := range dbtSources {
		relations, err := catalog.Read(t.Context(), conn, s.schema)
		require.NoError(t, err)
		for _, r := range relations {
			if s.only == nil || slices.Contains(s.only, r.Name) {
				s.Tables = append(s.Tables, dbtTable(r))
			}
		}
		all.Sources = append(all.Sources, s.source)
	}
	var b bytes.Buffer
	b.WriteString("# Made from the comments in the database by go test ./internal/docs -run TestDbtSources -update; do not edit by hand.\n")
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(all))
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(root, sourcesFile), b.Bytes(), 0o644))
	}
	require.Equal(t, b.String(), read(t, sourcesFile), "%s is stale: go test ./internal/docs -run TestDbtSources -update", sourcesFile)
}

func dbtTable(r catalog.Relation) table {
	t := table{Name: r.Name, Description: r.Comment}
	key := r.Key()
	if len(key) > 1 {
		t.Tests = []map[string]any{{"unique": map[string]string{"column_name": "ROW(" + strings.Join(key, ", ") + ")::text"}}}
	}
	for _, c := range r.Columns {
		column := dbtColumn{Name: c.Name, Description: c.Comment, Type: c.Type}
		if len(key) == 1 && key[0] == c.Name {
			column.Tests = append(column.Tests, "unique")
		}
		if !c.Nullable && len(r.Indexes) > 0 { // of a view nothing is known
			column.Tests = append(column.Tests, "not_null")
		}
		t.Columns = append(t.Columns, column)
	}
	return t
}

// TestDbtTests: what dbt is to test is true, and there is something to test it on.
func TestDbtTests(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), simulated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var written sources
	decoder := yaml.NewDecoder(strings.NewReader(read(t, sourcesFile)))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&written))
	tests := 0
	for i, s := range written.Sources {
		for _, table := range s.Tables {
			name := pgx.Identifier{dbtSources[i].schema, table.Name}.Sanitize()
			keys, conditions := []string{}, []string{}
			for _, test := range table.Tests {
				keys = append(keys, test["unique"].(map[string]any)["column_name"].(string))
			}
			for _, c := range table.Columns {
				if slices.Contains(c.Tests, "unique") {
					keys = append(keys, pgx.Identifier{c.Name}.Sanitize())
				}
				if slices.Contains(c.Tests, "not_null") {
					conditions = append(conditions, pgx.Identifier{c.Name}.Sanitize()+" IS NULL")
				}
			}
			for _, key := range keys {
				conditions = append(conditions, fmt.Sprintf("%s IN (SELECT %[1]s FROM %s GROUP BY 1 HAVING count(*) > 1)", key, name))
			}
			for _, c := range conditions {
				tests++
				var rows, failing int
				require.NoError(t, conn.QueryRow(t.Context(), fmt.Sprintf("SELECT count(*), count(*) FILTER (WHERE %s) FROM %s", c, name)).Scan(&rows, &failing), c)
				require.NotZero(t, rows, name)
				require.Zero(t, failing, "%s: %s", name, c)
			}
		}
	}
	require.Greater(t, tests, 50)
}
