package migrations_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/world"
	"github.com/attribution-dev/attribution/migrations"
)

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	entries, err := fs.ReadDir(migrations.FS, ".")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	name := regexp.MustCompile(`^(\d{3})_[a-z][a-z_]*\.sql$`)
	for i, e := range entries {
		m := name.FindStringSubmatch(e.Name())
		require.NotNil(t, m, e.Name())
		number, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.Equal(t, i+1, number, e.Name())
		text, err := fs.ReadFile(migrations.FS, e.Name())
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "-- "), "%s begins with what it is for", e.Name())
		require.NotContains(t, string(text), "---- create above / drop below ----", "%s: there is no way down", e.Name())
	}
}

func migrated(t testing.TB, n pg.Names) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Connect(t.Context(), testkit.Database(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, pipeline.Migrate(t.Context(), pool, n, nil))
	return pool
}

func list(t testing.TB, pool *pgxpool.Pool, query string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), query, args...)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}

func schemas(n pg.Names) []string {
	return []string{n.Segment, n.Stages, n.Sessions, n.Aliases, n.Ops}
}

// relations is every table, view and column of the schemas, with what the catalog
// has on it.
const relations = `SELECT format('%s.%s', n.nspname, c.relname) || coalesce('.' || a.attname, '') || what.of
	FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	CROSS JOIN LATERAL (SELECT attnum, attname, atttypid, attnotnull, attcollation FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
		UNION ALL SELECT 0, NULL, 0, false, 0) a
	CROSS JOIN LATERAL (%s) AS what (of)
	WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`

func TestEveryTableAndColumnCarriesAComment(t *testing.T) {
	t.Parallel()
	n := pipeline.Names(config.New())
	pool := migrated(t, n)
	silent := list(t, pool, strings.Replace(relations, "%s) AS what", `SELECT '' WHERE length(coalesce(
		CASE WHEN a.attnum = 0 THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, a.attnum) END, '')) < 4) AS what`, 1), schemas(n))
	require.Empty(t, silent, "without a COMMENT")
	all := list(t, pool, strings.Replace(relations, "%s) AS what", "SELECT '') AS what", 1), schemas(n))
	require.Greater(t, len(all), 150, "the query finds them")
	require.Contains(t, all, "sessions.freshness.newest_event")
	require.Contains(t, all, "sessions.attribution.first_attributed_touch_source")
}

// TestIdentifiersAreComparedAsBytes: whatever the collation of the database.
func TestIdentifiersAreComparedAsBytes(t *testing.T) {
	t.Parallel()
	n := pipeline.Names(config.New())
	pool := migrated(t, n)
	require.Empty(t, list(t, pool, `SELECT format('%s.%s', a.attrelid::regclass, a.attname)
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND a.atttypid = 'text'::regtype AND a.attcollation <> '"C"'::regcollation
		AND a.attname IN ('alias_id', 'anonymous_id', 'user_id', 'session_id', 'identifier', 'old_alias_id', 'new_alias_id', 'first_source', 'first_id')
		AND c.relname NOT IN ('rejected_rows', 'duplicate_rows') ORDER BY 1`, schemas(n)))
}

func TestMigratingTwiceIsANoOp(t *testing.T) {
	t.Parallel()
	n := pipeline.Names(config.New())
	pool, err := pg.Connect(t.Context(), testkit.Database(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	var steps []string
	step := func(name string) { steps = append(steps, name) }
	require.NoError(t, pipeline.Migrate(t.Context(), pool, n, step))
	entries, err := fs.ReadDir(migrations.FS, ".")
	require.NoError(t, err)
	require.Len(t, steps, len(entries))
	state := func() []string {
		return append(list(t, pool, strings.Replace(relations, "%s) AS what", `SELECT ' ' || ROW(c.oid, c.relfilenode, a.atttypid, a.attnotnull, a.attcollation, col_description(c.oid, a.attnum))::text) AS what`, 1), schemas(n)),
			list(t, pool, "SELECT pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY ($1) ORDER BY 1", schemas(n))...)
	}
	before := state()
	steps = nil
	require.NoError(t, pipeline.Migrate(t.Context(), pool, n, step))
	require.Empty(t, steps)
	require.Equal(t, before, state())
	// The connections that migrating used are as all others again.
	for range 2 * pg.MaxConnections {
		require.Equal(t, []string{""}, list(t, pool, "SELECT current_setting('search_path')"))
	}
}

func TestMigratingAtOnceIsSafe(t *testing.T) {
	t.Parallel()
	url := testkit.Database(t)
	var wait sync.WaitGroup
	var failed [4]error
	for i := range failed {
		wait.Go(func() {
			pool, err := pg.Connect(t.Context(), url)
			if err == nil {
				defer pool.Close()
				err = pipeline.Migrate(t.Context(), pool, pipeline.Names(config.New()), nil)
			}
			failed[i] = err
		})
	}
	wait.Wait()
	for _, err := range failed {
		require.NoError(t, err)
	}
}

// TestAnUnmigratedDatabaseSaysWhatToDo.
func TestAnUnmigratedDatabaseSaysWhatToDo(t *testing.T) {
	t.Parallel()
	c := config.New()
	c.DatabaseURL = testkit.Database(t)
	_, err := pipeline.Open(t.Context(), c, pipeline.Options{Log: slog.New(slog.DiscardHandler)})
	require.ErrorIs(t, err, pipeline.ErrUsage)
	require.ErrorContains(t, err, `run "attribution migrate"`)
	pool, err := pg.Connect(t.Context(), c.DatabaseURL)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pipeline.Migrate(t.Context(), pool, pipeline.Names(c), nil))
	for version, want := range map[int]string{0: "none of our tables yet", 1: "version 1", 99: "version 99"} {
		_, err = pool.Exec(t.Context(), "UPDATE attribution_ops.schema_version SET version = $1", version)
		require.NoError(t, err)
		_, err = pipeline.Open(t.Context(), c, pipeline.Options{Log: slog.New(slog.DiscardHandler)})
		require.ErrorIs(t, err, pipeline.ErrUsage)
		require.ErrorContains(t, err, want)
	}
}

// TestSchemasMayBeCalledAnything: a whole installation under odd names, nightly and
// in full, planned and asked for its status, gives the rows of one under the usual.
func TestSchemasMayBeCalledAnything(t *testing.T) {
	t.Parallel()
	var w world.World
	for seed := uint64(1); w.Nights() != 3 || len(w.Rows) < 50 || len(w.Sources) > 1; seed++ {
		w = world.Random(seed, world.Options{})
	}
	rows := func(t *testing.T, names [5]string) map[string][]string {
		c := config.New()
		c.Retry.MaxElapsed = 0
		c.Sources, c.SignupEvents, c.IgnoreEvents, c.Identity.Blocked = w.Schemas(), w.Settings.SignupEvents, w.Settings.IgnoreEvents, w.Settings.Blocked
		c.Schemas = config.Schemas{Segment: names[0], Stages: names[1], Sessions: names[2], Aliases: names[3], Ops: names[4]}
		require.NoError(t, c.Validate())
		c.DatabaseURL = testkit.Database(t)
		ctx := t.Context()
		pool, err := pg.Connect(ctx, c.DatabaseURL)
		require.NoError(t, err)
		defer pool.Close()
		require.NoError(t, pipeline.Migrate(ctx, pool, pipeline.Names(c), nil))
		conn, err := pgx.Connect(ctx, c.DatabaseURL)
		require.NoError(t, err)
		defer conn.Close(context.WithoutCancel(ctx))
		require.NoError(t, w.Create(ctx, conn))
		for night := range w.Nights() {
			p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
			require.NoError(t, err)
			require.NoError(t, w.Arrive(ctx, conn, night))
			for range 100 { // the lock of the run before may outlive it by a moment: internal/stages has a test of that
				if _, err = p.Run(ctx, pipeline.Request{AsOf: w.NightAt(night), Full: night == 1}); !errors.Is(err, pipeline.ErrLocked) {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			require.NoError(t, err, "night %d", night)
			_, err = p.Status(ctx)
			require.NoError(t, err)
			p.Close()
		}
		out := map[string][]string{}
		for _, table := range []string{"all_sessions", "useful_sessions", "touches", "attribution"} {
			out[table], err = world.Dump(ctx, conn, c.Schemas.Sessions, table)
			require.NoError(t, err)
		}
		return out
	}
	want := rows(t, [5]string{"segment", "session_stages", "sessions", "aliases", "attribution_ops"})
	require.NotEmpty(t, want["all_sessions"])
	for name, names := range map[string][5]string{
		"spaces and capitals": {"my segment", "My Stages", " sessions ", "ALIASES", "Attribution Ops"},
		"words of SQL":        {"select", "table", "user", "public", "order"},
		"double quotes":       {`we"ird`, `"`, `""`, `a" b`, `o"ps`},
		"apostrophes":         {"it's", "'", "''", "a'b", "o'ps"},
		"operators":           {"a.b", "$1", "@name", "{{.}}", "%s; --"},
		"beyond ASCII":        {"événements", "日本", "🙂", "ß", "öps"},
		"comments":            {"/* a", "-- b", "*/", "a\\b", "#"},
		"line breaks":         {"a\nb", "c\r\nd", "e\tf", "\n", "o\nps"},
		"63 bytes":            {strings.Repeat("s", 63), strings.Repeat("t", 63), strings.Repeat("u", 63), strings.Repeat("v", 63), strings.Repeat("o", 63)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, rows(t, names))
		})
	}
}
