package simulate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// connect is a connection to a private, empty database.
func connect(t testing.TB) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(testkit.Database(t))
	require.NoError(t, err)
	config.RuntimeParams["timezone"] = "UTC"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// copyNowhere makes all batches of a world and throws them away.
func copyNowhere(t testing.TB, w *World, bytes int) (rows int64, err error) {
	writer := newTableWriter(w, bytes)
	for _, source := range w.options.Sources {
		for _, table := range tables {
			all, created := columnsOf(table)
			start := all[:created]
			writer.buffers = append(writer.buffers, newCopyBuffer(source, table, func(name string) bool {
				return slices.ContainsFunc(start, func(c column) bool { return c.Name == name })
			}, nil))
		}
	}
	done := make(chan error, 1)
	go func() {
		defer close(writer.work)
		done <- writer.generate(t.Context(), 0, w.options.Days)
	}()
	for batch := range writer.work {
		rows += batch.rows
		select {
		case writer.free <- batch.data[:0]:
		default:
		}
	}
	return rows, <-done
}

// allContents are all rows of a world's tables as text, sorted, a table's name before
// each. NULL columns are left out, so that it does not matter which columns exist.
func allContents(t testing.TB, conn *pgx.Conn, w *World) (lines []string) {
	t.Helper()
	for _, source := range w.Options().Sources {
		for _, table := range tables {
			if !exists(t, conn, source, table) {
				continue
			}
			rows, err := conn.Query(t.Context(), fmt.Sprintf(
				"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(r))::text FROM %s r",
				pgx.Identifier{source, table}.Sanitize()))
			require.NoError(t, err)
			texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			for _, text := range texts {
				lines = append(lines, source+"."+table+" "+text)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// exists reports whether a table exists.
func exists(t testing.TB, conn *pgx.Conn, source, table string) (ok bool) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT pg_catalog.to_regclass($1) IS NOT NULL",
		pgx.Identifier{source, table}.Sanitize()).Scan(&ok))
	return ok
}

// The tables hold exactly the generated rows, whatever the batches and the spans.
func TestTablesHoldTheRows(t *testing.T) {
	w := newWorld(t, Options{Seed: 5, Events: 5_000})
	days := w.Options().Days
	one := connect(t)
	var progress []int64
	require.NoError(t, w.WriteTables(t.Context(), one, 0, days, func(n int64) { progress = append(progress, n) }))
	require.Len(t, progress, days)
	require.True(t, slices.IsSorted(progress))

	two := connect(t)
	for _, span := range [][2]int{{0, 100}, {100, 101}, {101, 101}, {101, days}} {
		require.NoError(t, w.WriteTables(t.Context(), two, span[0], span[1], nil))
	}
	whole := allContents(t, one, w)
	require.Equal(t, whole, allContents(t, two, w))

	signups := 0
	rows := originals(rowsOf(t, w, 0, days))
	for i := range rows {
		r := &rows[i]
		if r.SignupTable != "" {
			signups++
		}
		if i%50 != 0 {
			continue
		}
		var at, received, loaded string
		var url *string
		source := w.Options().Sources[r.Source]
		sql := fmt.Sprintf(`SELECT coalesce("timestamp"::text, ''), received_at::text, uuid_ts::text, %s FROM %s WHERE id = $1`,
			map[bool]string{true: "url", false: "NULL::text"}[r.Kind == event.Page], pgx.Identifier{source, r.Kind.Table()}.Sanitize())
		require.NoError(t, one.QueryRow(t.Context(), sql, r.ID).Scan(&at, &received, &loaded, &url), "%+v", r)
		if r.HasTimestamp {
			require.Equal(t, pgText(r.Timestamp), at)
		}
		require.Equal(t, pgText(r.ReceivedAt), received)
		require.Equal(t, pgText(r.UUIDTS), loaded)
		if url != nil {
			require.Equal(t, r.URL, *url)
		}
	}
	require.Len(t, whole, len(rows)+signups)
	require.Equal(t, progress[len(progress)-1], int64(len(rows)+signups))
}

// pgText is an instant as Postgres writes it in UTC.
func pgText(at event.Micros) string {
	s := at.Time().Format("2006-01-02 15:04:05.999999")
	return s + "+00"
}

// Batches of any size hold the same rows.
func TestBatchSizeDoesNotMatter(t *testing.T) {
	w := newWorld(t, Options{Seed: 5, Events: 5_000})
	small, err := copyNowhere(t, w, 1)
	require.NoError(t, err)
	large, err := copyNowhere(t, w, 1<<30)
	require.NoError(t, err)
	require.Equal(t, small, large)

	conn := connect(t)
	writer := newTableWriter(w, 1)
	require.NoError(t, writer.open(t.Context(), conn))
	go func() {
		defer close(writer.work)
		_ = writer.generate(t.Context(), 0, w.options.Days)
	}()
	require.NoError(t, writer.send(t.Context(), conn, nil))
	other := connect(t)
	require.NoError(t, w.WriteTables(t.Context(), other, 0, w.options.Days, nil))
	require.Equal(t, allContents(t, other, w), allContents(t, conn, w))
}

// A column truly does not exist before the day that brings its first value.
func TestColumnsAppearMidway(t *testing.T) {
	w := newWorld(t, Options{Seed: 5})
	conn := connect(t)
	columns := func() (names []string) {
		rows, err := conn.Query(t.Context(), `
			SELECT DISTINCT column_name::text FROM information_schema.columns
			WHERE table_schema IN ('website', 'app') AND column_name LIKE 'context%' ORDER BY 1`)
		require.NoError(t, err)
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return names
	}
	require.NoError(t, w.WriteTables(t.Context(), conn, 0, 120, nil))
	early := columns()
	require.Contains(t, early, "context_campaign_source")
	require.NotContains(t, early, "context_campaign_term")
	require.NotContains(t, early, "context_timezone")
	require.NoError(t, w.WriteTables(t.Context(), conn, 120, w.Options().Days, nil))
	late := columns()
	require.Contains(t, late, "context_campaign_term")
	require.Contains(t, late, "context_campaign_content")
	require.Contains(t, late, "context_timezone")
	require.Contains(t, strings.Join(late, " "), "context_campaign_sou")
}

// Segment's tables have a primary key and no duplicates; with DuplicateRows they have
// none, and duplicates.
func TestDuplicateRows(t *testing.T) {
	for _, duplicates := range []bool{false, true} {
		w := newWorld(t, Options{Seed: 5, Events: 5_000, Duplicates: 0.2, DuplicateRows: duplicates})
		conn := connect(t)
		require.NoError(t, w.WriteTables(t.Context(), conn, 0, w.Options().Days, nil))
		var n, ids int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT id) FROM website.pages").Scan(&n, &ids))
		require.Equal(t, duplicates, n > ids)
		var keys int
		require.NoError(t, conn.QueryRow(t.Context(),
			"SELECT count(*) FROM pg_catalog.pg_constraint WHERE contype = 'p' AND connamespace = 'website'::regnamespace").Scan(&keys))
		require.Equal(t, duplicates, keys == 0)
	}
}

// The truth is in its tables, and replaced when written again.
func TestTruthTables(t *testing.T) {
	w := newWorld(t, Options{Seed: 5, Events: 5_000})
	conn := connect(t)
	for range 2 {
		require.NoError(t, w.WriteTruthTables(t.Context(), conn, ""))
	}
	for i, p := range personsOf(t, w) {
		if i%20 != 0 {
			continue
		}
		var flags, source, alias *string
		var before *int
		require.NoError(t, conn.QueryRow(t.Context(), `
			SELECT flags, first_touch_source, alias_id, session_count_before_signup
			FROM simulated_truth.persons WHERE person_id = $1`, p.ID).Scan(&flags, &source, &alias, &before))
		require.Equal(t, p.Flags.String(), *flags)
		require.Equal(t, p.FirstTouch != nil, source != nil)
		require.Equal(t, p.AliasID, *alias)
		require.Equal(t, p.IsSignedUp, before != nil)
		var identifiers int
		require.NoError(t, conn.QueryRow(t.Context(),
			"SELECT count(*) FROM simulated_truth.identifiers WHERE person_id = $1", p.ID).Scan(&identifiers))
		require.Equal(t, len(p.AnonymousIDs)+len(p.UserIDs), identifiers)
	}
	var uncommented int
	require.NoError(t, conn.QueryRow(t.Context(), `
		SELECT count(*) FROM pg_catalog.pg_attribute
		WHERE attrelid IN ('simulated_truth.persons'::regclass, 'simulated_truth.identifiers'::regclass)
		  AND attnum > 0 AND pg_catalog.col_description(attrelid, attnum) IS NULL`).Scan(&uncommented))
	require.Zero(t, uncommented)
}
