package stages_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
)

func TestStagesAreNumberedAndNamed(t *testing.T) {
	t.Parallel()
	var names []string
	for i, s := range stages.All() {
		require.Equal(t, i+1, s.Number)
		require.NotEmpty(t, s.About)
		require.NotNil(t, s.Run)
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"extract", "sessionize", "alias", "realias", "resessionize", "signup", "attribute", "reindex"}, names)
}

// TestEveryStageTwiceIsOnce: run twice in a row, each stage leaves the database as
// running it once did, night after night; and the nights come out as undisturbed ones.
func TestEveryStageTwiceIsOnce(t *testing.T) {
	t.Parallel()
	for _, w := range worlds(2, 3, 70) {
		t.Run(fmt.Sprint("world", w.Seed), func(t *testing.T) {
			t.Parallel()
			p := mustOpen(t, prepared(t, w, 1, 0), of(w))
			for night := range w.Nights() {
				if night > 0 {
					conn, err := p.DB().Pool.Acquire(t.Context())
					require.NoError(t, err)
					require.NoError(t, w.Arrive(t.Context(), conn.Conn(), night))
					conn.Release()
				}
				for _, s := range stages.All() {
					r := pipeline.Request{Stages: []stages.Stage{s}, AsOf: w.NightAt(night)}
					run(t, p, r)
					once := snapshot(t, p)
					run(t, p, r)
					same(t, once, snapshot(t, p), "night %d, %s twice", night, s.Name)
				}
				status, err := p.Status(t.Context())
				require.NoError(t, err)
				require.Empty(t, status.Waiting, "night %d: every worklist is drained", night)
			}
			undisturbed := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
			same(t, snapshot(t, undisturbed), snapshot(t, p), "all stages twice")
		})
	}
}

// TestEveryStageTwiceInFullIsOnce: so does redoing all a stage owns.
func TestEveryStageTwiceInFullIsOnce(t *testing.T) {
	t.Parallel()
	for _, w := range worlds(1, 3, 70) {
		t.Run(fmt.Sprint("world", w.Seed), func(t *testing.T) {
			t.Parallel()
			p := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
			before := published(t, p)
			asOf := w.NightAt(w.Nights() - 1)
			for _, s := range stages.All() {
				r := pipeline.Request{Stages: []stages.Stage{s}, AsOf: asOf, Full: true}
				run(t, p, r)
				if s.Name == "attribute" {
					continue // it has published; there is nothing to redo
				}
				once := snapshot(t, p)
				run(t, p, r)
				same(t, once, snapshot(t, p), "%s --full twice", s.Name)
			}
			same(t, before, published(t, p), "all stages in full")
			// And stages in any order, whatever waits: once drained, the same.
			for _, name := range []string{"attribute", "signup", "realias", "reindex", "resessionize", "alias", "sessionize"} {
				r := pipeline.Request{Stages: []stages.Stage{stage(name)}, AsOf: asOf, Full: name == "alias" || name == "sessionize"}
				run(t, p, r)
			}
			run(t, p, pipeline.Request{AsOf: asOf})
			same(t, before, published(t, p), "stages out of order")
		})
	}
}

var cuts = flag.Int("cuts", 10, "at how many statements TestCutOffAnywhere cuts each kind of run off")

// TestCutOffAnywhere: cancelled, or its connection lost, at the k-th statement, and
// run again, a run leaves what an undisturbed one leaves.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	last := w.Nights() - 1
	for _, kind := range []struct {
		name         string
		arrived, ran int
		full         bool
	}{
		{"nightly", last + 1, last, false},
		{"full", last + 1, last + 1, true},
		{"first", last + 1, 0, false},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			r := pipeline.Request{AsOf: w.NightAt(last), Full: kind.full}
			undisturbed := mustOpen(t, prepared(t, w, kind.arrived, kind.ran), of(w))
			tr := trace(t, undisturbed)
			run(t, undisturbed, r)
			sent := tr.statements()
			require.Greater(t, len(sent), 60)
			want := snapshot(t, undisturbed)
			cutOff := 0
			for cut := range *cuts {
				k := 12 + (len(sent)-14)*cut/(*cuts-1) // after the lock and the ledger's first words
				how := []string{"cancelled before", "cancelled after", "connection lost after"}[cut%3]
				p := mustOpen(t, prepared(t, w, kind.arrived, kind.ran), of(w))
				tr := trace(t, p)
				ctx, cancel := context.WithCancel(t.Context())
				tr.set(func(n int, _ string, _ *pgx.Conn) {
					if n == k && how == "cancelled before" {
						cancel()
					}
				}, func(n int, _ string, conn *pgx.Conn) {
					switch {
					case n != k:
					case how == "cancelled after":
						cancel()
					case how == "connection lost after":
						_ = conn.PgConn().Conn().Close()
					}
				})
				_, err := p.Run(ctx, r)
				cancel()
				if err != nil {
					cutOff++
				}
				tr.set(nil, nil)
				if kind.full && err != nil {
					run(t, p, pipeline.Request{AsOf: r.AsOf}) // takes up what waits
				}
				run(t, p, r)
				same(t, want, snapshot(t, p), "%s statement %d of %d (%s)", how, k, len(sent), short(sent[k-1]))
			}
			require.Greater(t, cutOff, *cuts*2/3, "the cuts hit")
		})
	}
}

// TestRunsBackToBack: a run that has ended holds no lock, not for a moment.
func TestRunsBackToBack(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, prepared(t, worlds(1, 3, 70)[0], 1, 1), of(worlds(1, 3, 70)[0]))
	for i := range 60 {
		_, err := p.Run(t.Context(), pipeline.Request{Stages: []stages.Stage{stage("signup")}})
		require.NoError(t, err, "run %d", i)
	}
}

// TestKilledAgainAndAgain: the same night, cut off a little later each time until it
// gets through.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := worlds(2, 3, 90)[1]
	last := w.Nights() - 1
	want := published(t, mustOpen(t, prepared(t, w, last+1, last+1), of(w)))
	p := mustOpen(t, prepared(t, w, last+1, last), of(w))
	tr := trace(t, p)
	kills := 0
	for k := 15; ; k += 23 {
		ctx, cancel := context.WithCancel(t.Context())
		tr.set(func(n int, _ string, _ *pgx.Conn) {
			if n >= k {
				cancel()
			}
		}, nil)
		_, err := p.Run(ctx, pipeline.Request{AsOf: w.NightAt(last), Choices: pipeline.Choices{AllowShrink: true}})
		cancel()
		tr.set(nil, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, pipeline.ErrLocked) {
			kills++
		}
		require.Less(t, k, 2000)
	}
	require.Greater(t, kills, 5)
	same(t, want, published(t, p), "after %d kills", kills)
}

// TestSourcesAreNeverWrittenTo, not even to the same values.
func TestSourcesAreNeverWrittenTo(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 70)[0]
	p := mustOpen(t, prepared(t, w, w.Nights(), 0), of(w))
	state := func() (lines []string) {
		for _, schema := range w.Schemas() {
			for _, table := range list(t, p, "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = $1 ORDER BY 1", schema) {
				name := pgx.Identifier{schema, table}.Sanitize()
				lines = append(lines, name, value[string](t, p, "SELECT coalesce(string_agg(t.ctid::text || t.xmin || t.xmax || t::text, '|' ORDER BY t.ctid), '') FROM "+name+" AS t"))
			}
			lines = append(lines, list(t, p, `SELECT ROW(c.relname, c.relkind, c.relfilenode, a.attname, a.atttypid, c.relacl)::text
				FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1) ORDER BY 1`, schema)...)
		}
		return lines
	}
	before := state()
	require.Greater(t, len(strings.Join(before, "")), 1000)
	asOf := w.NightAt(w.Nights() - 1)
	_, err := p.Plan(t.Context(), pipeline.Request{AsOf: asOf})
	require.NoError(t, err)
	run(t, p, pipeline.Request{AsOf: asOf})
	run(t, p, pipeline.Request{AsOf: asOf, Full: true})
	require.Equal(t, before, state())
}

// TestPlanTouchesNothing, before the first run, between nights and after --full.
func TestPlanTouchesNothing(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 70)[0]
	for ran := range 2 {
		p := mustOpen(t, prepared(t, w, ran+1, ran), of(w))
		for _, full := range []bool{false, true} {
			before := snapshot(t, p)
			sequences := list(t, p, "SELECT sequencename || coalesce(last_value, 0) FROM pg_catalog.pg_sequences ORDER BY 1")
			planned, err := p.Plan(t.Context(), pipeline.Request{AsOf: w.NightAt(ran), Full: full})
			require.NoError(t, err)
			require.Len(t, planned, 8)
			for _, s := range planned {
				require.NotEmpty(t, s.Statements, s.Stage.Name)
			}
			same(t, before, snapshot(t, p), "plan after %d nights, full %v", ran, full)
			require.Equal(t, sequences, list(t, p, "SELECT sequencename || coalesce(last_value, 0) FROM pg_catalog.pg_sequences ORDER BY 1"))
		}
	}
}

// TestRerunsOfAMonthOrAPersonChangeNothing.
func TestRerunsOfAMonthOrAPersonChangeNothing(t *testing.T) {
	t.Parallel()
	for _, w := range worlds(2, 3, 80) {
		t.Run(fmt.Sprint("world", w.Seed), func(t *testing.T) {
			t.Parallel()
			p := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
			asOf := w.NightAt(w.Nights() - 1)
			before := snapshot(t, p)
			var months []month.Month
			for _, text := range list(t, p, "SELECT to_char(received_month, 'YYYY-MM') FROM attribution_ops.counters ORDER BY 1") {
				m, err := month.Parse(text)
				require.NoError(t, err)
				months = append(months, m)
			}
			require.NotEmpty(t, months)
			for _, m := range months {
				run(t, p, pipeline.Request{AsOf: asOf, Months: []month.Month{m}})
				same(t, before, snapshot(t, p), "--month %s", m)
			}
			run(t, p, pipeline.Request{AsOf: asOf, Months: months})
			same(t, before, snapshot(t, p), "every month")
			persons := list(t, p, "SELECT CASE WHEN is_identified THEN 'user:' ELSE 'anon:' END || alias_id FROM (SELECT DISTINCT alias_id, is_identified FROM sessions.all_sessions) AS s")
			persons = append(persons, list(t, p, "SELECT 'anon:' || anonymous_id FROM aliases.anonymous_ids")...)
			persons = append(persons, list(t, p, "SELECT 'user:' || user_id FROM aliases.user_ids")...)
			for i := 0; i < len(persons); i += 1 + len(persons)/5 {
				run(t, p, pipeline.Request{AsOf: asOf, Persons: persons[i : i+1]})
				same(t, before, snapshot(t, p), "--person %s", persons[i])
			}
			report := run(t, p, pipeline.Request{AsOf: asOf, Persons: persons})
			same(t, before, snapshot(t, p), "every person")
			for _, s := range report.Stages {
				if s.Stage.Name == "attribute" {
					require.Zero(t, s.Result.RowsChanged, "rows that do not differ are left alone")
				}
			}
		})
	}
}
