package simulate

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/segment"
)

// Loading the files gives the very rows that are written into tables straight: one
// row an id, the first, with every column but uuid_ts equal. The loader writes
// received_at where a timestamp is missing, which is the same event time.
func TestLoadedFilesEqualTables(t *testing.T) {
	w := newWorld(t, Options{Seed: 15, Events: 5_000})
	days := w.Options().Days
	straight := connect(t)
	require.NoError(t, w.WriteTables(t.Context(), straight, 0, days, nil))
	loaded := connect(t)
	dir := t.TempDir()
	require.NoError(t, w.WriteFiles(t.Context(), dir, 0, days, nil))
	for _, source := range w.Options().Sources {
		_, err := segment.Load(t.Context(), segment.LoadOptions{
			Conn: loaded, Schema: source, Paths: []string{filepath.Join(dir, source)},
			LoadedAt: w.Day(days), Now: func() time.Time { return w.Day(days) },
		})
		require.NoError(t, err)
		for _, table := range []string{"pages", "tracks", "screens", "identifies", "aliases"} {
			require.Equal(t, exists(t, straight, source, table), exists(t, loaded, source, table))
			if !exists(t, straight, source, table) {
				continue
			}
			want, got := columnsAsText(t, straight, source, table), columnsAsText(t, loaded, source, table)
			require.Equal(t, len(want), len(got), "%s.%s", source, table)
			for id, row := range want {
				require.Equal(t, row, got[id], "%s.%s %s", source, table, id)
			}
		}
	}
}

// columnsAsText are the rows of a table, all columns but uuid_ts, by id.
func columnsAsText(t *testing.T, conn *pgx.Conn, source, table string) map[string]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), fmt.Sprintf(`
		SELECT id, (pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(r) ||
			pg_catalog.jsonb_build_object('timestamp', coalesce("timestamp", received_at))) - 'uuid_ts')::text FROM %s r`,
		pgx.Identifier{source, table}.Sanitize()))
	require.NoError(t, err)
	all := map[string]string{}
	var id, text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		all[id] = text
		return nil
	})
	require.NoError(t, err)
	return all
}
