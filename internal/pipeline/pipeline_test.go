package pipeline_test

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/segment"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// install gives the test a migrated database of its own and an open pipeline on it.
func install(t *testing.T, change func(*config.Config)) *pipeline.Pipeline {
	t.Helper()
	ctx := t.Context()
	c := config.New()
	c.Retry.MaxElapsed = 0
	if change != nil {
		change(&c)
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = migrated.Database(t)
	}
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// poplin is real traffic with results worked out by hand; the tests read it where it
// is.
const poplin = "../../../shared/data/poplin"

func TestPoplin(t *testing.T) {
	if _, err := os.Stat(poplin); err != nil {
		t.Log("no poplin data here: nothing to compare")
		return
	}
	p := install(t, nil)
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	_, err = segment.Load(t.Context(), segment.LoadOptions{Conn: conn.Conn(), Schema: "website", Paths: []string{filepath.Join(poplin, "events.jsonl")}})
	require.NoError(t, err)
	conn.Release()
	_, err = p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	for _, c := range []struct{ file, query string }{
		{"expected_sessions.jsonl", "SELECT * FROM sessions.all_sessions ORDER BY alias_id, is_identified, session_index"},
		{"expected_touches.jsonl", "SELECT * FROM sessions.touches ORDER BY alias_id, is_identified, position"},
		{"expected_attribution.jsonl", "SELECT * FROM sessions.attribution ORDER BY alias_id, is_identified"},
	} {
		t.Run(c.file, func(t *testing.T) {
			expected := readLines(t, filepath.Join(poplin, c.file))
			rows, err := p.DB().Pool.Query(t.Context(), c.query)
			require.NoError(t, err)
			actual, err := pgx.CollectRows(rows, pgx.RowToMap)
			require.NoError(t, err)
			require.Len(t, actual, len(expected))
			for i := range expected {
				for field, want := range expected[i] {
					require.Equal(t, want, plain(actual[i][field]), "row %d, %s", i+1, field)
				}
			}
		})
	}
}

func readLines(t *testing.T, file string) (lines []map[string]any) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		line := map[string]any{}
		require.NoError(t, json.Unmarshal(s.Bytes(), &line))
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(a, b map[string]any) int {
		if a["alias_id"].(string) < b["alias_id"].(string) {
			return -1
		}
		if a["alias_id"].(string) > b["alias_id"].(string) {
			return 1
		}
		return 0
	})
	return lines
}

// plain is a value as the expected files write it.
func plain(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000000Z")
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}
