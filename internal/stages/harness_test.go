package stages_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// open opens a pipeline on the database of the URL.
func open(ctx context.Context, url string, log *slog.Logger, changes ...func(*config.Config)) (*pipeline.Pipeline, error) {
	c := config.New()
	c.Retry.MaxElapsed = 0
	for _, change := range changes {
		change(&c)
	}
	c.DatabaseURL = url
	return pipeline.Open(ctx, c, pipeline.Options{Log: log, Version: "test"})
}

func mustOpen(t testing.TB, url string, changes ...func(*config.Config)) *pipeline.Pipeline {
	t.Helper()
	p, err := open(t.Context(), url, slog.New(slog.DiscardHandler), changes...)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// of is the configuration of a world's settings.
func of(w world.World) func(*config.Config) {
	return func(c *config.Config) {
		s := w.Settings
		c.Sources = w.Schemas()
		c.SignupEvents, c.IgnoreEvents, c.Identity.Blocked = s.SignupEvents, s.IgnoreEvents, s.Blocked
		if s.ExcludeBots {
			c.Bots = "exclude"
		}
		c.SessionGap, c.Lookback, c.Extract.DedupWindow = s.Gap, s.Lookback, s.DedupWindow
		c.Identity.Policy, c.Identity.UseAliasCalls = s.Policy, s.UseAliasCalls
		c.Identity.MaxUsersPerAnonymousID, c.Identity.MaxComponentSize = s.MaxUsersPerAnonymousID, s.MaxComponentSize
	}
}

// prepared is a copy of a database in which the world's tables were made and the
// rows of the nights arrived, the first ran of them run.
func prepared(t testing.TB, w world.World, arrived, ran int) string {
	t.Helper()
	key := fmt.Sprintf("stages %d: world %d, %d rows, %d of %d", os.Getpid(), w.Seed, len(w.Rows), ran, arrived)
	return testkit.Template(t, key, func(ctx context.Context, url string) error {
		if err := migrated.Migrate(ctx, url); err != nil {
			return err
		}
		p, err := open(ctx, url, slog.New(slog.DiscardHandler), of(w))
		if err != nil {
			return err
		}
		defer p.Close()
		for night := -1; night < arrived; night++ {
			if err := p.DB().Pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
				if night < 0 {
					return w.Create(ctx, c.Conn())
				}
				return w.Arrive(ctx, c.Conn(), night)
			}); err != nil {
				return err
			}
			if night >= 0 && night < ran {
				if _, err := patient(ctx, p, pipeline.Request{AsOf: w.NightAt(night)}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// worlds are random ones with so many nights and at least so many rows.
func worlds(n, nights, rows int) (out []world.World) {
	for seed := uint64(1); len(out) < n; seed++ {
		w := world.Random(seed, world.Options{MaxRows: 160})
		if w.Nights() == nights && len(w.Rows) >= rows {
			out = append(out, w)
		}
	}
	return out
}

func run(t testing.TB, p *pipeline.Pipeline, r pipeline.Request) pipeline.Report {
	t.Helper()
	report, err := patient(t.Context(), p, r)
	require.NoError(t, err)
	return report
}

// patient runs, also after a run that was cut off, whose lock may outlive it by a
// moment. That it must not after one that ended well is TestRunsBackToBack.
func patient(ctx context.Context, p *pipeline.Pipeline, r pipeline.Request) (report pipeline.Report, err error) {
	r.Choices.AllowShrink = true // tiny worlds shrink by chance
	for range 200 {
		if report, err = p.Run(ctx, r); !errors.Is(err, pipeline.ErrLocked) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return report, err
}

var runSuffix = regexp.MustCompile(`_(new|old)_\d+$`)

// volatile columns differ from one way of getting somewhere to another: they say
// when, in which run or by which extraction, not what.
var volatile = []string{
	"run_id", "recorded_at", "published_at", "mark", "extract_id", "checked_extract", "reason",
}

// merged is what of a table does not depend on when its rows were flushed: a pair has
// several rows a month, which the stages after merge.
var merged = map[string]string{
	"all_tracks": `SELECT ROW(received_month, anonymous_id, user_id, sum(event_count), sum(page_count), sum(bot_count), min(started_at), max(ended_at))::text
		FROM %s GROUP BY received_month, anonymous_id, user_id ORDER BY 1`,
	"all_sightings": `SELECT ROW(received_month, anonymous_id, user_id, is_alias, min(first_at), sum(server_count), sum(ignored_count), sum(bot_count), sum(rejected_count))::text
		FROM %s GROUP BY received_month, anonymous_id, user_id, is_alias ORDER BY 1`,
}

// snapshot is every row of our own tables but the journals, by table.
func snapshot(t testing.TB, p *pipeline.Pipeline, schemas ...string) map[string][]string {
	t.Helper()
	ctx := t.Context()
	if len(schemas) == 0 {
		n := p.DB().Names
		schemas = []string{n.Segment, n.Stages, n.Sessions, n.Aliases, n.Ops}
	}
	all := map[string][]string{}
	require.NoError(t, p.DB().Pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, `SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2`, schemas)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pg.Table])
		if err != nil {
			return err
		}
		for _, table := range tables {
			switch table.Name {
			case "runs", "stage_runs", "changes", "schema_version": // journals
				continue
			}
			var lines []string
			if query, ok := merged[table.Name]; ok {
				rows, queryErr := c.Query(ctx, fmt.Sprintf(query, table.Ident()))
				if queryErr != nil {
					return queryErr
				}
				lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
			} else {
				lines, err = world.Dump(ctx, c.Conn(), table.Schema, table.Name, volatile...)
			}
			if err != nil {
				return err
			}
			all[table.Schema+"."+runSuffix.ReplaceAllString(table.Name, "_${1}_N")] = lines
		}
		return nil
	}))
	return all
}

// same requires two snapshots to be equal, table by table.
func same(t testing.TB, want, got map[string][]string, what string, args ...any) {
	t.Helper()
	for table := range want {
		require.Contains(t, got, table, "%s: is gone: %s", fmt.Sprintf(what, args...), table)
	}
	for table := range got {
		require.Contains(t, want, table, "%s: is left: %s", fmt.Sprintf(what, args...), table)
		if d := world.Diff(want[table], got[table]); d != "" {
			require.Fail(t, fmt.Sprintf(what, args...), "%s differs:\n%s", table, d)
		}
	}
}

// published is the four tables that analysts read.
func published(t testing.TB, p *pipeline.Pipeline) map[string][]string {
	t.Helper()
	all := snapshot(t, p, p.DB().Names.Sessions)
	return all
}

// stage is the stage of the name.
func stage(name string) stages.Stage {
	for _, s := range stages.All() {
		if s.Name == name {
			return s
		}
	}
	panic(name)
}

// A tracer tells of every statement and COPY of a pool.
type tracer struct {
	mu     sync.Mutex
	n      int
	sql    []string
	before func(n int, sql string, conn *pgx.Conn)
	after  func(n int, sql string, conn *pgx.Conn)
}

type traced struct{}

func (tr *tracer) start(ctx context.Context, conn *pgx.Conn, sql string) context.Context {
	tr.mu.Lock()
	tr.n++
	n := tr.n
	tr.sql = append(tr.sql, sql)
	before := tr.before
	tr.mu.Unlock()
	if before != nil {
		before(n, sql, conn)
	}
	return context.WithValue(ctx, traced{}, [2]any{n, sql})
}

func (tr *tracer) end(ctx context.Context, conn *pgx.Conn) {
	tr.mu.Lock()
	after := tr.after
	tr.mu.Unlock()
	if v, ok := ctx.Value(traced{}).([2]any); ok && after != nil {
		after(v[0].(int), v[1].(string), conn)
	}
}

func (tr *tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return tr.start(ctx, conn, d.SQL)
}

func (tr *tracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryEndData) {
	tr.end(ctx, conn)
}

func (tr *tracer) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceCopyFromStartData) context.Context {
	return tr.start(ctx, conn, "COPY "+d.TableName.Sanitize())
}

func (tr *tracer) TraceCopyFromEnd(ctx context.Context, conn *pgx.Conn, _ pgx.TraceCopyFromEndData) {
	tr.end(ctx, conn)
}

// trace puts a tracer between the pipeline and its database.
func trace(t testing.TB, p *pipeline.Pipeline) *tracer {
	t.Helper()
	tr := &tracer{}
	c := p.DB().Pool.Config()
	c.ConnConfig.Tracer = tr
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	require.NoError(t, err)
	p.DB().Pool.Close()
	p.DB().Pool = pool
	return tr
}

// set changes what the tracer does.
func (tr *tracer) set(before, after func(n int, sql string, conn *pgx.Conn)) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.n, tr.sql, tr.before, tr.after = 0, nil, before, after
}

func (tr *tracer) statements() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return append([]string{}, tr.sql...)
}

// exec sends statements outside the pipeline.
func exec(t testing.TB, p *pipeline.Pipeline, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := p.DB().Pool.Exec(t.Context(), s)
		require.NoError(t, err, s)
	}
}

func value[T any](t testing.TB, p *pipeline.Pipeline, query string, args ...any) T {
	t.Helper()
	rows, err := p.DB().Pool.Query(t.Context(), query, args...)
	require.NoError(t, err, query)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err, query)
	return v
}

func list(t testing.TB, p *pipeline.Pipeline, query string, args ...any) []string {
	t.Helper()
	rows, err := p.DB().Pool.Query(t.Context(), query, args...)
	require.NoError(t, err, query)
	v, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err, query)
	return v
}

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func day(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	panic("no time: " + text)
}

func short(sql string) string {
	lines := strings.Split(strings.TrimSpace(sql), "\n")
	return lines[0]
}

func one(name string) []stages.Stage { return []stages.Stage{stage(name)} }

// website makes a source as Segment does, tracks alone, without uuid_ts.
func website(t testing.TB, p *pipeline.Pipeline, more ...string) {
	t.Helper()
	exec(t, p, "CREATE SCHEMA website", `CREATE TABLE website.tracks (id varchar(1024), received_at timestamptz, "timestamp" timestamptz,
		anonymous_id text, user_id text, event text, event_text text, context_page_url text, context_campaign_source text)`)
	for _, column := range more {
		exec(t, p, "ALTER TABLE website.tracks ADD "+column)
	}
}

// tracks inserts n rows of one visitor, received and happened at the times given.
func tracks(t testing.TB, p *pipeline.Pipeline, received, happened, anonymousID string, n int) {
	t.Helper()
	exec(t, p, fmt.Sprintf(`INSERT INTO website.tracks (id, received_at, "timestamp", anonymous_id, event)
		SELECT concat_ws(' ', '%[1]s', '%[2]s', '%[3]s', g), '%[1]s+00'::timestamptz + g * '1 second'::interval, '%[2]s+00'::timestamptz + g * '1 second'::interval, '%[3]s', 'clicked'
		FROM generate_series(0, %[4]d) g`, received, happened, anonymousID, n-1))
}
