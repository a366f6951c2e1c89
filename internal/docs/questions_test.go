package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/internal/testkit/simulated"
)

const (
	queriesFolder = "examples/queries"
	questionsPage = "docs/questions.md"
	company       = "testdata/questions/company.sql"
)

// A question is a query with its header: "-- What?", "-- Read: …", "-- Caveats: …".
type question struct {
	file, asks, read, caveats, sql string
}

func questions(t *testing.T) (all []question) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, queriesFolder, "*.sql"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 10)
	for _, file := range files {
		q := question{file: filepath.Base(file)}
		text := read(t, filepath.Join(queriesFolder, q.file))
		var header []string
		for line := range strings.Lines(text) {
			comment, isComment := strings.CutPrefix(strings.TrimRight(line, "\n"), "--")
			if !isComment {
				break
			}
			header = append(header, strings.TrimSpace(comment))
		}
		parts := strings.Split(strings.Join(header, "\n"), "\n\n")
		require.Len(t, parts, 3, "%s: its header is to be a question, Read: and Caveats:", file)
		for i, target := range []*string{&q.asks, &q.read, &q.caveats} {
			prefix := []string{"", "Read: ", "Caveats: "}[i]
			require.True(t, strings.HasPrefix(parts[i], prefix), "%s: paragraph %d is to begin with %q", file, i+1, prefix)
			*target = strings.Join(strings.Fields(strings.TrimPrefix(parts[i], prefix)), " ")
		}
		require.Contains(t, q.asks, "?", file)
		sql := statements(text)
		require.Len(t, sql, 1, "%s: one query a file", file)
		q.sql = sql[0]
		all = append(all, q)
	}
	return all
}

// TestQuestionsPage: the page is the headers of the queries.
func TestQuestionsPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Questions\n\nMade from [examples/queries](../examples/queries) by `go test ./internal/docs -run TestQuestionsPage -update`; do not edit by hand. " +
		"Each is one query to run as it is, with the default schemas and a role that may read `sessions` and `aliases` only. Every one is run by the tests: on a simulated company, and on " +
		"five signups whose answers are worked out by hand. What the columns mean: [tables.md](tables.md). Why an answer is not the one of another tool: [why-numbers-differ.md](why-numbers-differ.md).\n")
	for _, q := range questions(t) {
		title, more, _ := strings.Cut(q.asks, "?")
		fmt.Fprintf(&b, "\n## %s?\n\n[%s](../%s/%s)\n\n", title, q.file, queriesFolder, q.file)
		if more = strings.TrimSpace(more); more != "" {
			b.WriteString(more + "\n\n")
		}
		b.WriteString("**How to read it:** " + q.read + "\n\n**Caveats:** " + q.caveats + "\n")
	}
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(root, questionsPage), []byte(b.String()), 0o644))
	}
	require.Equal(t, b.String(), read(t, questionsPage), "%s is stale: go test ./internal/docs -run TestQuestionsPage -update", questionsPage)
}

// TestQuestionsByHand: on a company of five signups every answer is the one in
// testdata/questions, worked out by hand from company.sql.
func TestQuestionsByHand(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), read(t, filepath.Join("internal/docs", company)))
	require.NoError(t, err)
	for _, q := range questions(t) {
		answer := filepath.Join("testdata/questions", strings.TrimSuffix(q.file, ".sql")+".txt")
		got := answerTo(t, conn, q)
		if *update {
			require.NoError(t, os.WriteFile(answer, []byte(got), 0o644))
		}
		require.Equal(t, read(t, filepath.Join("internal/docs", answer)), got, q.file)
	}
}

// TestQuestionsOfASimulatedCompany: every question has an answer there.
func TestQuestionsOfASimulatedCompany(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), simulated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "CREATE TABLE public.users AS SELECT user_id AS id, 'acme' AS account FROM aliases.user_ids")
	require.NoError(t, err)
	for _, q := range questions(t) {
		require.Greater(t, strings.Count(answerTo(t, conn, q), "\n"), 1, "%s: no rows", q.file)
	}
}

// answerTo is the result as lines of cells, the names of the columns first.
func answerTo(t *testing.T, conn *pgx.Conn, q question) string {
	t.Helper()
	result := conn.PgConn().ExecParams(t.Context(), q.sql, nil, nil, nil, nil).Read()
	require.NoError(t, result.Err, q.file)
	var names []string
	for _, f := range result.FieldDescriptions {
		names = append(names, f.Name)
	}
	text := strings.Join(names, " | ") + "\n"
	for _, row := range result.Rows {
		var cells []string
		for _, v := range row {
			if v == nil {
				v = []byte("NULL")
			}
			cells = append(cells, string(v))
		}
		text += strings.Join(cells, " | ") + "\n"
	}
	return text
}
