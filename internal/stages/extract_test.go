package stages_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// A journal gathers a log's lines.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func logged(t testing.TB, url string, changes ...func(*config.Config)) (*pipeline.Pipeline, *journal) {
	t.Helper()
	j := &journal{}
	p, err := open(t.Context(), url, slog.New(slog.NewTextHandler(j, nil)), changes...)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p, j
}

func takenIn(t testing.TB, p *pipeline.Pipeline) int {
	t.Helper()
	return value[int](t, p, "SELECT count(*) FROM segment.app_tracks")
}

// TestAFirstRunKilledBetweenMonthsGoesOnWithTheNext.
func TestAFirstRunKilledBetweenMonthsGoesOnWithTheNext(t *testing.T) {
	t.Parallel()
	fill := func(p *pipeline.Pipeline) {
		website(t, p)
		for i, received := range []string{"2017-11-30 23:59", "2017-12-15 10:00", "2018-01-01 00:00", "2018-02-03 09:00", "2018-02-28 23:59"} {
			tracks(t, p, received, received, fmt.Sprint("a", i%2), 3)
		}
		exec(t, p, `INSERT INTO website.tracks (id, received_at, anonymous_id) VALUES ('odd', '2042-01-01', 'a'), ('none', NULL, 'a')`)
	}
	asOf := day("2018-03-02")
	undisturbed := mustOpen(t, migrated.Database(t))
	fill(undisturbed)
	run(t, undisturbed, pipeline.Request{AsOf: asOf})
	want := snapshot(t, undisturbed)

	for months := 1; months <= 3; months++ {
		p := mustOpen(t, migrated.Database(t))
		fill(p)
		tr := trace(t, p)
		ctx, cancel := context.WithCancel(t.Context())
		moved, committed := false, 0
		tr.set(nil, func(_ int, sql string, _ *pgx.Conn) {
			switch {
			case strings.Contains(sql, "high_water_marks AS h"):
				moved = true
			case moved && sql == "commit":
				moved = false
				if committed++; committed == months {
					cancel()
				}
			}
		})
		_, err := p.Run(ctx, pipeline.Request{AsOf: asOf})
		cancel()
		require.ErrorIs(t, err, context.Canceled)
		tr.set(nil, nil)
		next := value[time.Time](t, p, "SELECT next_month FROM attribution_ops.high_water_marks")
		require.Equal(t, day("2017-11-01").AddDate(0, months, 0), next.UTC(), "after %d months", months)
		require.Equal(t, asOf, value[time.Time](t, p, "SELECT first_as_of FROM attribution_ops.high_water_marks").UTC())
		require.Equal(t, []int{3, 6, 9}[months-1], takenIn(t, p))
		run(t, p, pipeline.Request{AsOf: asOf})
		for _, sql := range tr.statements() {
			require.NotContains(t, sql, "app_tracks_2017_11 (", "months taken in are not made again")
		}
		same(t, want, snapshot(t, p), "killed after %d months", months)
		require.Nil(t, value[*time.Time](t, p, "SELECT next_month FROM attribution_ops.high_water_marks"))
	}
}

// TestAKilledFirstRunContinuedLater also takes in what came meanwhile.
func TestAKilledFirstRunContinuedLater(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 3)
	tracks(t, p, "2018-02-05 10:00", "2018-02-05 10:00", "a", 3)
	tr := trace(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	moved := 0
	tr.set(nil, func(_ int, sql string, _ *pgx.Conn) {
		if strings.Contains(sql, "high_water_marks AS h") {
			moved++
		}
		if moved == 2 && sql == "commit" { // both months, but not what no month holds
			cancel()
		}
	})
	_, err := p.Run(ctx, pipeline.Request{AsOf: day("2018-02-08 13:00")})
	cancel()
	require.ErrorIs(t, err, context.Canceled)
	tr.set(nil, nil)
	tracks(t, p, "2018-02-05 05:00", "2018-02-05 05:00", "late", 2) // the day the overlap begins on, before its hour
	tracks(t, p, "2018-01-20 05:00", "2018-01-20 05:00", "late", 2) // in a month read before
	tracks(t, p, "2018-02-09 05:00", "2018-02-09 05:00", "new", 2)
	run(t, p, pipeline.Request{AsOf: day("2018-02-10 13:00")})
	run(t, p, pipeline.Request{AsOf: day("2018-02-11 13:00")})
	require.Equal(t, 12, takenIn(t, p))
}

// TestWithoutLoadTimeLateRowsAreFoundByDayCounts, within 35 days.
func TestWithoutLoadTimeLateRowsAreFoundByDayCounts(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	for _, d := range []string{"2018-01-02", "2018-01-20", "2018-02-01", "2018-02-05"} {
		tracks(t, p, d+" 10:00", d+" 10:00", "a", 2)
	}
	run(t, p, pipeline.Request{AsOf: day("2018-02-06 12:00")})
	require.Equal(t, 8, takenIn(t, p))
	nights := []struct {
		asOf, received string
		found          bool
	}{
		{"2018-02-07 12:00", "2018-02-06 15:00", true},         // in the overlap
		{"2018-02-08 12:00", "2018-02-01 23:59:00", true},      // a day that had rows
		{"2018-02-09 12:00", "2018-01-30 00:00:00", true},      // a day that had none
		{"2018-02-10 12:00", "2018-01-06 00:00:00", true},      // the first instant of the 35th day back
		{"2018-02-11 12:00", "2018-01-31 23:59:59.9999", true}, // at a month's end
		{"2018-02-12 12:00", "2018-01-02 10:00:00", false},     // too old: only --full reads it
	}
	total := 8
	for _, n := range nights {
		tracks(t, p, n.received, n.received, "late", 1)
		run(t, p, pipeline.Request{AsOf: day(n.asOf)})
		if n.found {
			total++
		}
		require.Equal(t, total, takenIn(t, p), "received at %s, night of %s", n.received, n.asOf)
		require.Equal(t, total, value[int](t, p, "SELECT coalesce(sum(event_count), 0) FROM sessions.all_sessions"))
	}
	run(t, p, pipeline.Request{AsOf: day("2018-02-13 12:00"), Full: true})
	require.Equal(t, total+1, takenIn(t, p))
}

// TestARowThatArrivesWhileItsDayIsRead is found the night after.
func TestARowThatArrivesWhileItsDayIsRead(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	tracks(t, p, "2018-01-10 10:00", "2018-01-10 10:00", "a", 2)
	tracks(t, p, "2018-01-20 10:00", "2018-01-20 10:00", "a", 1) // the overlap begins after the day
	run(t, p, pipeline.Request{AsOf: day("2018-01-20 12:00")})
	tracks(t, p, "2018-01-10 11:00", "2018-01-10 11:00", "a", 1)
	loader, err := pgx.Connect(t.Context(), p.DB().Pool.Config().ConnString())
	require.NoError(t, err)
	defer loader.Close(context.WithoutCancel(t.Context()))
	tr := trace(t, p)
	arrived := false
	tr.set(func(_ int, sql string, _ *pgx.Conn) {
		if !arrived && strings.Contains(sql, "INSERT INTO \"attribution_ops\".source_days") {
			arrived = true
			_, err := loader.Exec(t.Context(), "INSERT INTO website.tracks (id, received_at, anonymous_id) VALUES ('while', '2018-01-10 12:00+00', 'a')")
			require.NoError(t, err)
		}
	}, nil)
	run(t, p, pipeline.Request{AsOf: day("2018-01-21 12:00")})
	require.True(t, arrived)
	tr.set(nil, nil)
	run(t, p, pipeline.Request{AsOf: day("2018-01-22 12:00")})
	run(t, p, pipeline.Request{AsOf: day("2018-01-23 12:00")})
	require.Equal(t, 5, takenIn(t, p))
}

// TestColumnsComeAndGo: added ones are noticed and taken if wanted, missing optional
// ones are NULL with a warning, required ones an error that says what to do.
func TestColumnsComeAndGo(t *testing.T) {
	t.Parallel()
	p, log := logged(t, migrated.Database(t), func(c *config.Config) { c.Extract.ExtraColumns = []string{"plan", "Odd \"Name\""} })
	website(t, p)
	insert := func(columns, values string) {
		exec(t, p, "INSERT INTO website.tracks (received_at, anonymous_id, "+columns+") VALUES ("+values+")")
	}
	insert("id, event_text, context_campaign_source", "'2018-01-05 10:00+00', 'a', '1', 'Clicked', 'news'")
	run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
	require.NotContains(t, log.String(), "level=WARN")

	exec(t, p, `ALTER TABLE website.tracks ADD plan int, ADD "Odd ""Name""" jsonb, ADD unwanted text, ADD context_campaign_vertical text, ADD context_campaign_meduim text`)
	insert(`id, plan, "Odd ""Name""", unwanted, context_campaign_vertical`, `'2018-01-06 10:00+00', 'a', '2', 7, '{"a": 1}', 'no', 'shoes'`)
	report := run(t, p, pipeline.Request{AsOf: day("2018-01-07")})
	require.Contains(t, log.String(), "is new")
	require.Equal(t, []string{"1 NULL NULL NULL", `2 7 {"a": 1} shoes`}, list(t, p,
		`SELECT concat_ws(' ', id, coalesce(plan, 'NULL'), coalesce("Odd ""Name""", 'NULL'), coalesce(context_campaign_vertical, 'NULL')) FROM segment.app_tracks ORDER BY id`))
	require.Zero(t, value[int](t, p, "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = 'segment.app_tracks'::regclass AND attname = 'unwanted'"))
	require.Contains(t, strings.Join(report.Warnings, "\n"), "context_campaign_meduim looks like a misspelt context_campaign_medium")
	require.Contains(t, strings.Join(report.Warnings, "\n"), "website.tracks")

	exec(t, p, "ALTER TABLE website.tracks DROP context_campaign_source, DROP plan")
	before := len(log.String())
	insert("id", "'2018-01-07 10:00+00', 'a', '3'")
	report = run(t, p, pipeline.Request{AsOf: day("2018-01-08")})
	require.Equal(t, 3, takenIn(t, p))
	said := log.String()[before:] + strings.Join(report.Warnings, "\n")
	require.Contains(t, said, "context_campaign_source")
	require.Contains(t, said, "is gone")
	require.Equal(t, "news", value[string](t, p, "SELECT context_campaign_source FROM segment.app_tracks WHERE id = '1'"), "what was taken in stays")

	exec(t, p, "ALTER TABLE website.tracks DROP anonymous_id")
	_, err := p.Run(t.Context(), pipeline.Request{AsOf: day("2018-01-09")})
	require.NoError(t, err, "a user_id is enough")
	exec(t, p, "ALTER TABLE website.tracks DROP user_id")
	_, err = p.Run(t.Context(), pipeline.Request{AsOf: day("2018-01-10")})
	require.ErrorContains(t, err, "website.tracks: neither anonymous_id nor user_id")
	exec(t, p, "ALTER TABLE website.tracks ADD user_id text, DROP id")
	_, err = p.Run(t.Context(), pipeline.Request{AsOf: day("2018-01-10")})
	require.ErrorContains(t, err, "website.tracks: required column id is missing")
	require.True(t, stages.IsPermanent(err))
}

// TestAMissingOptionalColumnIsAWarningOfTheRun, so that --strict sees it.
func TestAMissingOptionalColumnIsAWarningOfTheRun(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 1)
	run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
	exec(t, p, "ALTER TABLE website.tracks DROP context_campaign_source")
	report := run(t, p, pipeline.Request{AsOf: day("2018-01-07")})
	require.Contains(t, strings.Join(report.Warnings, "\n"), "context_campaign_source")
	report = run(t, p, pipeline.Request{AsOf: day("2018-01-08")})
	require.NotContains(t, strings.Join(report.Warnings, "\n"), "is gone", "said once")
}

// TestColumnTypes: cast where nothing is lost, else a permanent error that names the
// table, the column and both types.
func TestColumnTypes(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	exec(t, p, "CREATE SCHEMA website", `CREATE TABLE website.tracks (id uuid, received_at timestamp, "timestamp" date, anonymous_id bigint, user_id char(8), event varchar(9), context_page_url jsonb)`,
		`INSERT INTO website.tracks VALUES ('00000000-0000-4000-8000-00000000000a', '2018-01-05 23:30', '2018-01-05', 9007199254740993, 'u1', 'clicked', '"x"')`)
	run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
	require.Equal(t, []string{"00000000-0000-4000-8000-00000000000a|9007199254740993|u1|2018-01-05 23:30:00+00|2018-01-05 00:00:00+00|clicked"},
		list(t, p, `SELECT concat_ws('|', id, anonymous_id, user_id, received_at, "timestamp", event) FROM segment.app_tracks`))
	// Types that hold the same values may change.
	exec(t, p, "ALTER TABLE website.tracks ALTER anonymous_id TYPE text, ALTER id TYPE text, ALTER received_at TYPE timestamptz USING received_at AT TIME ZONE 'UTC'",
		"INSERT INTO website.tracks (id, received_at, anonymous_id) VALUES ('b', '2018-01-06 10:00+00', 'device')")
	run(t, p, pipeline.Request{AsOf: day("2018-01-07")})
	require.Equal(t, 2, takenIn(t, p))
	before := snapshot(t, p)
	for column, typ := range map[string]string{"received_at": "text", `"timestamp"`: "bigint", "uuid_ts": "double precision"} {
		exec(t, p, "ALTER TABLE website.tracks ADD IF NOT EXISTS "+column+" text", "ALTER TABLE website.tracks RENAME "+column+" TO kept", "ALTER TABLE website.tracks ADD "+column+" "+typ)
		_, err := p.Run(t.Context(), pipeline.Request{AsOf: day("2018-01-08")})
		require.Error(t, err)
		require.True(t, stages.IsPermanent(err), "%v", err)
		require.True(t, pg.ClassOf(err).Final())
		for _, part := range []string{"stage extract", "website.tracks", strings.Trim(column, `"`), typ, "timestamp with time zone"} {
			require.ErrorContains(t, err, part)
		}
		exec(t, p, "ALTER TABLE website.tracks DROP "+column, "ALTER TABLE website.tracks RENAME kept TO "+column)
		if column == "uuid_ts" {
			exec(t, p, "ALTER TABLE website.tracks DROP uuid_ts")
		}
	}
	same(t, before, snapshot(t, p), "a run that failed")
	run(t, p, pipeline.Request{AsOf: day("2018-01-08")})
}

// TestTheClockOfARunMayBeInAnyZone, also where the source's times have none.
func TestTheClockOfARunMayBeInAnyZone(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"timestamptz", "timestamp"} {
		for _, hours := range []int{-8, 0, 9} {
			p := mustOpen(t, migrated.Database(t))
			exec(t, p, "CREATE SCHEMA website", "CREATE TABLE website.tracks (id text, received_at "+typ+", uuid_ts "+typ+", anonymous_id text)")
			zone := time.FixedZone("", hours*3600)
			night := func(asOf, received string, want int) {
				exec(t, p, "INSERT INTO website.tracks VALUES (md5(random()::text), '"+received+"', '"+received+"', 'a')")
				run(t, p, pipeline.Request{AsOf: day(asOf).In(zone)})
				require.Equal(t, want, takenIn(t, p), "%s, %d hours off", typ, hours)
			}
			night("2018-01-06 04:00", "2018-01-06 03:00", 1)
			night("2018-01-07 04:00", "2018-01-07 03:00", 2)
			night("2018-01-08 04:00", "2018-01-08 05:00", 2) // loaded after the run's clock
			night("2018-01-09 04:00", "2018-01-09 03:59", 4)
		}
	}
}

// TestAllColumns takes every column, whatever it is called.
func TestAllColumns(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t), func(c *config.Config) { c.Extract.Columns = "all" })
	odd := []string{"copy", "day", "gone", "t", "r", "i", "verdict", "Title", "ü", "a b", `q"q`, "it's", "@source", "$1", "{{.}}", "-- x", "rows", "order", "select", "ctid_", "newest", "1st"}
	reserved := []string{"source", "kind", "extract_id", "n", "load_time", "row_md5", "reason", "is_bot"}
	var columns []string
	for _, c := range append(append([]string{}, odd...), reserved...) {
		columns = append(columns, pgx.Identifier{c}.Sanitize()+" text DEFAULT 'v'")
	}
	website(t, p, columns...)
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 3)
	exec(t, p, "INSERT INTO website.tracks SELECT * FROM website.tracks", "INSERT INTO website.tracks (received_at, anonymous_id) VALUES ('2018-01-05', 'a'), (NULL, 'a'), ('2018-01-05', 'a')") // copies, rejected, without id
	report := run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
	run(t, p, pipeline.Request{AsOf: day("2018-01-07")})
	require.Equal(t, 5, takenIn(t, p))
	for _, c := range odd {
		require.Equal(t, 5, value[int](t, p, "SELECT count("+pgx.Identifier{c}.Sanitize()+") FROM segment.app_tracks WHERE "+pgx.Identifier{c}.Sanitize()+" = 'v'"), c)
	}
	for _, c := range reserved {
		require.Contains(t, strings.Join(report.Warnings, "\n"), "column "+c+" is not taken")
	}
	require.Equal(t, "website", value[string](t, p, "SELECT DISTINCT source FROM segment.app_tracks"))
}

// TestEachOddColumnByItself finds which of them it is that a statement trips over.
func TestEachOddColumnByItself(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"copy", "verdict", "is_copy", "gone", "load", "row_number"} {
		t.Run(c, func(t *testing.T) {
			t.Parallel()
			p := mustOpen(t, migrated.Database(t), func(cfg *config.Config) { cfg.Extract.ExtraColumns = []string{c} })
			website(t, p, c+" text DEFAULT 'v'")
			tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 3)
			exec(t, p, "INSERT INTO website.tracks SELECT * FROM website.tracks")
			run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
			require.Equal(t, 3, value[int](t, p, "SELECT count("+c+") FROM segment.app_tracks"))
		})
	}
}

// TestAReplacedRowIsWorkedOffOnce: an earlier-received copy takes a row's place, its
// pair is derived anew that night, and nothing of it waits afterwards.
func TestAReplacedRowIsWorkedOffOnce(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 2)
	exec(t, p, "INSERT INTO website.tracks (id, received_at, anonymous_id) VALUES ('x', '2018-01-05 12:00+00', 'a')")
	run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
	exec(t, p, "INSERT INTO website.tracks (id, received_at, anonymous_id) VALUES ('x', '2018-01-05 10:10+00', 'b')")
	run(t, p, pipeline.Request{AsOf: day("2018-01-07")})
	require.Equal(t, []string{"a 2", "b 1"}, list(t, p, "SELECT alias_id || ' ' || sum(event_count) FROM sessions.all_sessions GROUP BY alias_id ORDER BY 1"))
	status, err := p.Status(t.Context())
	require.NoError(t, err)
	require.Empty(t, status.Waiting)
	report := run(t, p, pipeline.Request{AsOf: day("2018-01-08")})
	for _, s := range report.Stages[1:7] {
		require.Zero(t, s.Result.RowsChanged, s.Stage.Name)
	}
}

// TestStraightInIsTheCarefulWay: a first reading of a table with unique ids takes in what
// one of the same rows without that promise does, and what it could not know follows.
func TestStraightInIsTheCarefulWay(t *testing.T) {
	t.Parallel()
	const rows = `INSERT INTO website.tracks (id, received_at, uuid_ts, anonymous_id, user_id, event)
		SELECT 'id' || i, '2018-01-05 10:00+00'::timestamptz + i * interval '1 day', '2018-01-05 10:30+00'::timestamptz + i * interval '1 day',
			'a' || i % 3, CASE WHEN i % 4 = 0 THEN 'u1' END, 'clicked' FROM generate_series(0, 99) AS i
		UNION ALL VALUES
			('no time', NULL::timestamptz, '2018-02-01'::timestamptz, 'a', NULL, 'x'), ('nobody', '2018-01-20', '2018-01-20', NULL, NULL, 'x'),
			('blank', '2018-02-28', '2018-02-28', ' ', E'\t', 'x'), ('user', '2018-02-28', '2018-02-28', NULL, ' u2 ', 'x'),
			('device', '2018-02-27', '2018-02-27', E'a1\u00a0', ' ', 'x'), ('long', '2018-03-01', '2018-03-01', repeat('a', 1025), NULL, 'x'),
			('', '2018-03-02', '2018-03-02', 'a', NULL, 'x'), ('unloaded', '2018-03-03', NULL, 'a', NULL, 'x'),
			('ünusual', '2018-03-03', '2018-03-03', 'é', NULL, 'x'), ('lately', '2018-01-09', '2018-04-14', 'a', NULL, 'x'),
			('later', '2018-01-09', '2018-04-16', 'a', NULL, 'x'), ('odd', '2018-07-01', '2018-03-03', 'a', NULL, 'x')`
	taken := func(unique, padded bool) (p *pipeline.Pipeline, got []string, straight bool) {
		p = mustOpen(t, migrated.Database(t))
		website(t, p, "uuid_ts timestamptz")
		if unique {
			exec(t, p, "ALTER TABLE website.tracks ADD PRIMARY KEY (id)")
		}
		exec(t, p, rows)
		if padded {
			exec(t, p, "INSERT INTO website.tracks (id, received_at, uuid_ts, anonymous_id) VALUES (' id3', '2018-01-08 11:00+00', '2018-01-08 11:00+00', 'a')")
		}
		tr := trace(t, p)
		run(t, p, pipeline.Request{AsOf: day("2018-04-15 12:00")})
		for _, sql := range tr.statements() {
			straight = straight || strings.Contains(sql, "in straight from the source")
		}
		run(t, p, pipeline.Request{AsOf: day("2018-04-17")})
		run(t, p, pipeline.Request{AsOf: day("2018-04-18"), Full: true})
		for _, sql := range []string{
			"SELECT (source, kind, id, received_at, uuid_ts, anonymous_id, user_id, event)::text FROM segment.app_tracks ORDER BY 1",
			"SELECT (reason, id, anonymous_id, user_id)::text FROM attribution_ops.rejected_rows ORDER BY 1",
			"SELECT (id, received_at)::text FROM attribution_ops.duplicate_rows ORDER BY 1",
			"SELECT (received_month, newest, taken_in)::text FROM attribution_ops.counters ORDER BY 1",
			"SELECT (load_time, first_as_of, next_month)::text FROM attribution_ops.high_water_marks",
			"SELECT (alias_id, started_at, ended_at, event_count)::text FROM sessions.all_sessions ORDER BY 1",
		} {
			got = append(got, list(t, p, sql)...)
		}
		return p, got, straight
	}
	for _, padded := range []bool{false, true} {
		_, want, straight := taken(false, padded)
		require.False(t, straight)
		_, got, straight := taken(true, padded)
		require.Equal(t, !padded, straight, "straight in, unless ids may be one another's when trimmed")
		require.Equal(t, want, got)
	}
}
