package stages_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// fourTables is what a reader sees in one snapshot: count and checksum of each.
var fourTables = []string{"all_sessions", "useful_sessions", "touches", "attribution"}

func seen(ctx context.Context, conn *pgx.Conn) (string, error) {
	var parts []string
	err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, table := range fourTables {
			var part string
			if err := tx.QueryRow(ctx, "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM sessions."+table+" AS t").Scan(&part); err != nil {
				return err
			}
			parts = append(parts, part)
		}
		return nil
	})
	return strings.Join(parts, ", "), err
}

// TestReadersSeeAllFourTablesAsBeforeOrAsAfter, polling during a nightly merge and
// during a full swap, and never wait long for us.
func TestReadersSeeAllFourTablesAsBeforeOrAsAfter(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	last := w.Nights() - 1
	for _, c := range []struct {
		name   string
		ran    int
		change func(*config.Config)
	}{
		{"nightly", last, func(*config.Config) {}},
		{"swap", last + 1, func(c *config.Config) { c.SessionGap, c.SignupEvents = 3*time.Minute, []string{"Signed Up"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := prepared(t, w, last+1, c.ran)
			p := mustOpen(t, url, of(w), c.change)
			connect := func() *pgx.Conn {
				conn, err := pgx.Connect(t.Context(), url)
				require.NoError(t, err)
				_, err = conn.Exec(t.Context(), "SET timezone = 'UTC'; SET lock_timeout = '3s'; SET statement_timeout = '5s'")
				require.NoError(t, err)
				return conn
			}
			look := connect()
			before, err := seen(t.Context(), look)
			require.NoError(t, err)
			stop := make(chan struct{})
			var wait sync.WaitGroup
			var all [3]map[string]int
			var failed [3]error
			for i := range all {
				conn := connect()
				all[i] = map[string]int{}
				wait.Go(func() {
					defer conn.Close(context.WithoutCancel(t.Context()))
					for done := false; !done && failed[i] == nil; {
						select {
						case <-stop:
							done = true // and look once more
						default:
						}
						state, err := seen(t.Context(), conn)
						failed[i] = err
						all[i][state]++
						time.Sleep(time.Millisecond) // a swap needs a moment without readers
					}
				})
			}
			_, runErr := p.Run(t.Context(), pipeline.Request{AsOf: w.NightAt(last), Choices: pipeline.Choices{AllowShrink: true}})
			close(stop)
			wait.Wait()
			require.NoError(t, runErr)
			after, err := seen(t.Context(), look)
			require.NoError(t, err)
			require.NoError(t, look.Close(t.Context()))
			require.NotEqual(t, before, after, "there was something to publish")
			for i := range all {
				require.NoError(t, failed[i])
				require.Positive(t, all[i][before])
				require.Positive(t, all[i][after])
				require.Len(t, all[i], 2, "old and new, and nothing between: %v", all[i])
			}
		})
	}
}

// TestASwapWaitsForReadersWithoutHoldingThemUp: while one long query holds a table,
// others come and go, and the swap gets its turn when it ends.
func TestASwapWaitsForReadersWithoutHoldingThemUp(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	last := w.Nights() - 1
	url := prepared(t, w, last+1, last+1)
	p := mustOpen(t, url, of(w), func(c *config.Config) { c.Publish.LockTimeout = 100 * time.Millisecond })
	ctx := t.Context()
	long, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer long.Close(context.WithoutCancel(ctx))
	tx, err := long.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "SELECT count(*) FROM sessions.touches")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(ctx, pipeline.Request{AsOf: w.NightAt(last), Full: true, Choices: pipeline.Choices{AllowShrink: true}})
		ended <- err
	}()
	quick, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer quick.Close(context.WithoutCancel(ctx))
	_, err = quick.Exec(ctx, "SET lock_timeout = '1500ms'")
	require.NoError(t, err)
	for refused := false; !refused; { // until the swap was refused at least once
		_, err := quick.Exec(ctx, "SELECT count(*) FROM sessions.touches, sessions.attribution")
		require.NoError(t, err)
		require.NoError(t, quick.QueryRow(ctx, "SELECT EXISTS (SELECT FROM attribution_ops.prepared WHERE last_stage = 'signup') AND to_regclass(format('sessions.attribution_new_%s', (SELECT run_id FROM attribution_ops.prepared))) IS NOT NULL").Scan(&refused))
	}
	for range 40 {
		_, err := quick.Exec(ctx, "SELECT count(*) FROM sessions.touches, sessions.attribution")
		require.NoError(t, err)
		time.Sleep(10 * time.Millisecond)
	}
	select {
	case err := <-ended:
		t.Fatalf("the swap did not wait for the reader: %v", err)
	default:
	}
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-ended)
	require.Zero(t, value[int](t, p, "SELECT count(*) FROM attribution_ops.prepared"))
}

// TestGrantsAndViewsSurvive a full run: readers need only SELECT on sessions.
func TestGrantsAndViewsSurvive(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	last := w.Nights() - 1
	p := mustOpen(t, prepared(t, w, last+1, last), of(w))
	role := pgx.Identifier{"analyst_" + value[string](t, p, "SELECT current_database()::text")}.Sanitize()
	exec(t, p, "CREATE ROLE "+role, "GRANT USAGE ON SCHEMA sessions TO "+role)
	t.Cleanup(func() {
		for _, s := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			_, err := p.DB().Pool.Exec(context.WithoutCancel(t.Context()), s)
			require.NoError(t, err)
		}
	})
	for _, table := range append([]string{"freshness"}, fourTables...) {
		exec(t, p, "GRANT SELECT ON sessions."+table+" TO "+role)
	}
	exec(t, p, "CREATE SCHEMA looker", "GRANT USAGE ON SCHEMA looker TO "+role,
		`CREATE VIEW looker.report AS SELECT a.alias_id, a.first_touch_source, count(DISTINCT s.session_id) AS sessions, count(DISTINCT t.position) AS touches, max(u.kind) AS kind
			FROM sessions.attribution a LEFT JOIN sessions.all_sessions s USING (alias_id, is_identified) LEFT JOIN sessions.touches t USING (alias_id, is_identified)
			LEFT JOIN sessions.useful_sessions u USING (alias_id, is_identified) GROUP BY 1, 2`,
		"GRANT SELECT ON looker.report TO "+role)
	catalog := func() []string {
		return list(t, p, `SELECT ROW(c.oid, c.relname, c.relacl, c.relowner, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid))::text
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			WHERE c.relnamespace = 'sessions'::regnamespace AND c.relname = ANY ($1) ORDER BY c.relname, a.attnum`, append([]string{"freshness"}, fourTables...))
	}
	indexes := func() []string {
		return list(t, p, `SELECT regexp_replace(regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \S+ ', 'INDEX '), '_(new|old)_\d+', '_N', 'g') FROM pg_catalog.pg_index i
			JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indrelid WHERE h.inhparent IN (SELECT format('sessions.%s', t)::regclass FROM unnest($1::text[]) t) AND indisvalid ORDER BY 1`, fourTables)
	}
	before, indexed := catalog(), indexes()
	read := func() {
		tx, err := p.DB().Pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(t.Context()) }()
		_, err = tx.Exec(t.Context(), "SET LOCAL ROLE "+role)
		require.NoError(t, err)
		for _, table := range append([]string{"sessions.freshness", "looker.report"}, "sessions.all_sessions", "sessions.useful_sessions", "sessions.touches", "sessions.attribution") {
			var n int
			require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n), table)
			require.Positive(t, n, table)
		}
		_, err = tx.Exec(t.Context(), "SELECT count(*) FROM session_stages.all_tracks")
		require.Equal(t, "42501", code(err))
	}
	read()
	for i, full := range []bool{false, true, true, false} {
		run(t, p, pipeline.Request{AsOf: w.NightAt(last), Full: full, Choices: pipeline.Choices{AllowShrink: true}})
		read()
		require.Equal(t, before, catalog(), "run %d", i)
		if i > 0 {
			require.Equal(t, indexed, indexes(), "run %d", i)
		} else {
			indexed = indexes() // a night may add a month
		}
	}
	require.Zero(t, value[int](t, p, `SELECT count(*) FROM pg_catalog.pg_class WHERE relname ~ '_(new|old)_\d+$' AND relkind IN ('r', 'p', 'v')`), "no leftover")
	require.Zero(t, value[int](t, p, "SELECT count(*) FROM pg_catalog.pg_constraint WHERE conname = 'swap_bounds'"))
}

// TestNothingElseIsEverDropped: tables of others, whatever they are called.
func TestNothingElseIsEverDropped(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	p := mustOpen(t, prepared(t, w, w.Nights(), 1), of(w))
	exec(t, p, "CREATE SCHEMA looker", "CREATE TABLE looker.touches_new_1 (n int)", "CREATE TABLE looker.all_tracks_2018_01_re_merged (n int)",
		"CREATE TABLE sessions.notes (n int)", "CREATE TABLE sessions.touches_new_x (n int)", "CREATE TABLE sessions.touches_old (n int)",
		"CREATE TABLE session_stages.all_tracks_2018_01_re_merged_copy (n int)", "CREATE VIEW sessions.best_new_3 AS SELECT 1 AS n",
		"CREATE TABLE sessions.budget_new_2024 (n int)") // by suffix and unattached: but never one of ours
	run(t, p, pipeline.Request{AsOf: w.NightAt(w.Nights() - 1), Choices: pipeline.Choices{AllowShrink: true}})
	run(t, p, pipeline.Request{AsOf: w.NightAt(w.Nights() - 1), Full: true, Choices: pipeline.Choices{AllowShrink: true}})
	for _, name := range []string{
		"looker.touches_new_1", "looker.all_tracks_2018_01_re_merged", "sessions.notes", "sessions.touches_new_x", "sessions.touches_old",
		"session_stages.all_tracks_2018_01_re_merged_copy", "sessions.best_new_3", "sessions.budget_new_2024",
	} {
		require.NotNil(t, value[*string](t, p, "SELECT to_regclass($1)::text", name), name)
	}
}

// TestRelationsAreCommentedAfterARun: what a run makes carries comments as well.
func TestRelationsAreCommentedAfterARun(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	p := mustOpen(t, prepared(t, w, w.Nights(), 1), of(w))
	run(t, p, pipeline.Request{AsOf: w.NightAt(w.Nights() - 1), Choices: pipeline.Choices{AllowShrink: true}})
	run(t, p, pipeline.Request{AsOf: w.NightAt(w.Nights() - 1), Full: true, Choices: pipeline.Choices{AllowShrink: true}})
	n := p.DB().Names
	silent := list(t, p, `SELECT format('%s.%s', n.nspname, c.relname) || coalesce('.' || a.attname, '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN LATERAL (SELECT attnum, attname FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped UNION ALL SELECT 0, NULL) a ON true
		WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v') AND coalesce(CASE WHEN a.attnum = 0 THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, a.attnum) END, '') = '' ORDER BY 1`,
		[]string{n.Segment, n.Stages, n.Sessions, n.Aliases, n.Ops})
	kinds := map[string]int{}
	for _, s := range silent {
		kinds[regexp.MustCompile(`\d{4}_\d{2}`).ReplaceAllString(s, "YYYY_MM")]++
	}
	require.Empty(t, kinds, "without a COMMENT: %s", fmt.Sprint(len(silent)))
}
