package stages_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// These tests guard what a night and a rebuild cost, in numbers that no machine
// changes: statements, rows, buffers, allocations. What they take in time is for
// "attribution bench" to say.

// simulated is a pipeline on a made-up world of which all days but the last have been
// taken in.
func simulated(t *testing.T, events int64, days int, changes ...func(*config.Config)) (*pipeline.Pipeline, *simulate.World) {
	t.Helper()
	sources := func(c *config.Config) { c.Sources = simulate.DefaultSources() }
	p := mustOpen(t, migrated.Database(t), append(changes, sources)...)
	w, err := simulate.New(simulate.Options{Events: events, Days: days, Seed: 5})
	require.NoError(t, err)
	arrive(t, p, w, 0, days-1)
	run(t, p, pipeline.Request{AsOf: w.Day(days - 1)})
	return p, w
}

func arrive(t *testing.T, p *pipeline.Pipeline, w *simulate.World, from, to int) {
	t.Helper()
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NoError(t, w.WriteTables(t.Context(), conn.Conn(), from, to, nil))
}

// places are where the rows of the persons' tables lie and who wrote them, but for
// the persons given.
func places(t *testing.T, p *pipeline.Pipeline, table string, but []string) []string {
	t.Helper()
	return list(t, p, fmt.Sprintf(`SELECT concat_ws(' ', tableoid, ctid, xmin, alias_id, is_identified) FROM sessions.%s
		WHERE alias_id <> ALL ($1) ORDER BY 1`, table), but)
}

// TestCostFollowsTheChange identifies one visitor in a hundred and nothing else: the
// night merges their visits and no other, and no other row is written.
func TestCostFollowsTheChange(t *testing.T) {
	t.Parallel()
	p, w := simulated(t, 20_000, 100)
	exec(t, p, `CREATE TABLE public.news AS
		SELECT 'identify ' || a.alias_id AS id, a.alias_id AS anonymous_id, 'new ' || a.alias_id AS user_id
		FROM (
			SELECT DISTINCT alias_id FROM sessions.all_sessions
			WHERE NOT is_identified AND alias_id NOT IN (SELECT anonymous_id FROM aliases.anonymous_ids)
		) AS a
		WHERE abs(hashtext(a.alias_id)) % 100 < 2`)
	at := w.Day(99).Add(-1)
	_, err := p.DB().Pool.Exec(t.Context(), `INSERT INTO website.identifies (id, received_at, uuid_ts, "timestamp", anonymous_id, user_id)
		SELECT id, $1, $1, $1, anonymous_id, user_id FROM public.news`, at)
	require.NoError(t, err)
	persons := value[int64](t, p, "SELECT count(*) FROM public.news")
	all := value[int64](t, p, "SELECT count(DISTINCT (alias_id, is_identified)) FROM sessions.all_sessions")
	visits := value[int64](t, p, "SELECT count(*) FROM session_stages.all_tracks WHERE user_id = '' AND anonymous_id IN (SELECT anonymous_id FROM public.news)")
	months := value[int64](t, p, "SELECT count(DISTINCT received_month) FROM session_stages.all_tracks WHERE user_id = '' AND anonymous_id IN (SELECT anonymous_id FROM public.news)")
	sessions := value[int64](t, p, "SELECT count(*) FROM sessions.all_sessions WHERE NOT is_identified AND alias_id IN (SELECT anonymous_id FROM public.news)")
	touches := value[int64](t, p, "SELECT count(*) FROM sessions.touches WHERE NOT is_identified AND alias_id IN (SELECT anonymous_id FROM public.news)")
	require.Greater(t, persons, int64(5))
	require.Less(t, persons, all/25)
	concerned := list(t, p, "SELECT anonymous_id FROM public.news UNION SELECT user_id FROM public.news")
	tables := check.ReferenceTables()
	before := map[string][]string{}
	for _, table := range tables {
		before[table] = places(t, p, table, concerned)
	}

	report := run(t, p, pipeline.Request{AsOf: w.Day(99).Add(1)})

	for _, s := range report.Stages {
		r := s.Result
		switch s.Stage.Name {
		case "sessionize":
			require.Zero(t, r.Counters["visits"], "an identify call is no activity")
		case "alias":
			require.Equal(t, persons, r.Counters["identifiers_moved"]-persons, "each new user, and each visitor who became one")
		case "realias":
			require.Equal(t, 2*persons, r.Counters["persons_dirty"], "whom they were and whom they are")
			require.Equal(t, visits, r.Counters["visits_dirty"])
			require.Equal(t, months, r.Counters["months_dirty"])
			require.Contains(t, r.Note, fmt.Sprintf("%d persons with %d visits in %d month", 2*persons, visits, months))
		case "resessionize":
			require.Equal(t, visits, r.RowsIn, "rows read")
			require.Equal(t, persons, r.Counters["persons"])
		case "attribute":
			require.Equal(t, 2*(sessions+touches+persons), r.RowsChanged, "each taken from whom they were and given to whom they are")
		}
	}
	for _, table := range tables {
		require.Equal(t, before[table], places(t, p, table, concerned), "rows of %s of other persons", table)
	}
}

// buffers is how many blocks a statement touches. It is rolled back.
func buffers(t *testing.T, p *pipeline.Pipeline, before []string, file string, d pg.Data, args pg.Args) int64 {
	t.Helper()
	db := p.DB()
	sql, err := db.Templates.Render(file, d)
	require.NoError(t, err, file)
	tx, err := db.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	for _, b := range before {
		text, renderErr := db.Templates.Render(b, d)
		require.NoError(t, renderErr, b)
		_, err = tx.Exec(t.Context(), text)
		require.NoError(t, err, b)
	}
	var bound []any
	if args != nil {
		bound = []any{args}
	}
	var plan string
	require.NoError(t, tx.QueryRow(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)\n"+sql, bound...).Scan(&plan), file)
	var parsed []struct {
		Plan struct {
			Hit  int64 `json:"Shared Hit Blocks"`
			Read int64 `json:"Shared Read Blocks"`
		} `json:"Plan"`
	}
	require.NoError(t, json.Unmarshal([]byte(plan), &parsed))
	return parsed[0].Plan.Hit + parsed[0].Plan.Read
}

// TestBuffersFollowTheChange: with nine times as much history of other persons, the
// statements of a night that ask for dirty persons' rows touch hardly more blocks.
func TestBuffersFollowTheChange(t *testing.T) {
	t.Parallel()
	p, w := simulated(t, 12_000, 100)
	arrive(t, p, w, 99, 100)
	upTo := func(last string) []stages.Stage {
		var chosen []stages.Stage
		for _, s := range stages.All() {
			chosen = append(chosen, s)
			if s.Name == last {
				break
			}
		}
		return chosen
	}
	report := run(t, p, pipeline.Request{AsOf: w.Day(100), Stages: upTo("signup")})
	aside := func(schema, name string) pg.Identifier {
		return pg.MustIdent(schema, pg.AsideName(name, pg.RunID(report.RunID)))
	}
	sessions := func(name string) pg.Identifier { return pg.MustIdent("sessions", name) }
	d := pg.Data{Run: pg.RunID(report.RunID), Table: sessions("touches"), Other: aside("sessions", "touches"), Extra: []pg.Identifier{pg.MustIdent("position")}}
	persons := value[int64](t, p, "SELECT count(*) FROM attribution_ops.dirty_persons")
	require.Greater(t, persons, int64(20))
	prefer := []string{"07_attribute/041_prefer_indexes.sql"}
	alone := []string{"00_shared/080_read_alone.sql"}
	days := pg.Args{"months": []string{"2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"}}
	measure := func() map[string]int64 {
		exec(t, p, "VACUUM ANALYZE session_stages.all_tracks", "VACUUM ANALYZE session_stages.all_conversions", "VACUUM ANALYZE sessions.all_sessions", "VACUUM ANALYZE sessions.touches")
		all := map[string]int64{}
		for _, s := range []struct {
			file   string
			before []string
			args   pg.Args
		}{
			{"04_realias/030_months_with_visits.sql", nil, nil},
			{"05_resessionize/060_read_dirty_visits.sql", alone, days},
			{"07_attribute/050_delete_all_sessions.sql", prefer, nil},
			{"07_attribute/051_delete_differing.sql", prefer, nil},
			{"07_attribute/060_insert_all_sessions.sql", prefer, nil},
			{"07_attribute/061_insert_differing.sql", prefer, nil},
			{"07_attribute/200_count_transitions.sql", prefer, pg.Args{"conversions": []string{"signup"}, "nulls": true, "order": 1}},
		} {
			data := d
			data.Flag = s.args != nil
			if strings.Contains(s.file, "transitions") {
				data.Tables = []pg.Identifier{sessions("touches"), sessions("paths"), sessions("conversions")}
				data.Other, data.Extra = aside("session_stages", "persons"), []pg.Identifier{pg.MustIdent("alias_id"), pg.MustIdent("is_identified")}
			}
			all[s.file] = buffers(t, p, s.before, s.file, data, s.args)
		}
		return all
	}
	small := measure()
	exec(t, p,
		`INSERT INTO session_stages.all_tracks (received_month, anonymous_id, user_id, started_at, ended_at, event_count, page_count, marks)
			SELECT received_month, md5(anonymous_id || user_id || g), '', started_at, ended_at, event_count, page_count, marks
			FROM session_stages.all_tracks, generate_series(1, 9) AS g`,
		`INSERT INTO sessions.all_sessions (session_id, alias_id, is_identified, session_index, started_at, ended_at, event_count, page_count, channel, is_paid, is_signup_session, bot_event_count)
			SELECT md5(session_id || g), md5(alias_id || g), false, session_index, started_at, ended_at, event_count, page_count, channel, is_paid, false, 0
			FROM sessions.all_sessions, generate_series(1, 9) AS g`,
		`INSERT INTO sessions.touches (alias_id, is_identified, position, session_id, touched_at, channel, is_paid)
			SELECT md5(alias_id || is_identified || g), false, position, session_id, touched_at, channel, is_paid
			FROM sessions.touches, generate_series(1, 9) AS g`)
	for file, blocks := range measure() {
		require.LessOrEqual(t, blocks, small[file]*2, "%s: %d blocks for %d persons before, %d now", file, small[file], persons, blocks)
	}
}

// TestStatementsOfANight: their number grows with the months there are and with the
// source tables, and with nothing else.
func TestStatementsOfANight(t *testing.T) {
	t.Parallel()
	p, w := simulated(t, 6_000, 100)
	arrive(t, p, w, 99, 100)
	tr := trace(t, p)
	// Four months of 9 source tables: measured, and a tenth above it.
	most := map[string]int{"extract": 240, "sessionize": 24, "alias": 40, "realias": 11, "resessionize": 38, "signup": 25, "attribute": 77, "reindex": 42}
	for _, s := range stages.All() {
		tr.set(nil, nil)
		run(t, p, pipeline.Request{AsOf: w.Day(100), Stages: []stages.Stage{s}})
		own := ofTheStage(tr.statements())
		t.Logf("%s: %d statements", s.Name, len(own))
		require.LessOrEqual(t, len(own), most[s.Name], "stage %s:\n%s", s.Name, strings.Join(own, "\n"))
	}
}

// ofTheStage are the first lines of the statements between the beginning of a stage's
// attempt and its end.
func ofTheStage(statements []string) (own []string) {
	inside := false
	for _, sql := range statements {
		switch line := short(sql); {
		case strings.HasPrefix(line, "-- Begins an attempt"):
			inside = true
		case strings.HasPrefix(line, "-- Ends an attempt"):
			return own
		case inside:
			own = append(own, line)
		}
	}
	return own
}

// TestAllocations of the two heavy passes, for each event read and each visit merged,
// the fixed cost of a month and of a run included. Not parallel: the counter is the
// whole process'.
func TestAllocations(t *testing.T) {
	p, w := simulated(t, 60_000, 31)
	allocations := func(name string) (perRow float64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		report := run(t, p, pipeline.Request{AsOf: w.Day(31), Full: true, Stages: one(name)})
		runtime.ReadMemStats(&after)
		rows := report.Stages[0].Result.RowsIn
		require.Greater(t, rows, int64(5_000))
		perRow = float64(after.Mallocs-before.Mallocs) / float64(rows)
		t.Logf("%s: %.2f allocations a row", name, perRow)
		return perRow
	}
	// Measured 1.6 and 5.3: the id of each event; the strings, tag sets and touches of
	// each visit.
	require.Less(t, allocations("sessionize"), 2.5)
	run(t, p, pipeline.Request{AsOf: w.Day(31), Stages: []stages.Stage{stage("alias"), stage("realias")}})
	require.Less(t, allocations("resessionize"), 8.0)
}
