package pipeline_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// TestSimulatedTruth runs a year of simulated traffic and one night more, and holds
// the results to what the simulated persons did, wherever the rows can show it.
func TestSimulatedTruth(t *testing.T) {
	t.Parallel()
	p := install(t, func(c *config.Config) { c.Sources = []string{"website", "app"} })
	const days, wrong = 366, `
		SELECT count(*), count(*) FILTER (WHERE a.alias_id IS NULL
			OR a.signup_timestamp <> p.signup_timestamp
			OR a.session_count_before_signup <> p.session_count_before_signup
			OR (a.first_touch_timestamp, a.first_touch_source, a.first_touch_medium, a.first_touch_campaign)
				IS DISTINCT FROM (p.first_touch_timestamp, p.first_touch_source, p.first_touch_medium, p.first_touch_campaign))
		FROM simulated_truth.persons AS p
		LEFT JOIN sessions.attribution AS a ON a.alias_id = p.alias_id AND a.is_identified = p.is_identified
		WHERE p.is_signed_up AND p.flags = '' AND p.settled_at < (SELECT max(as_of) FROM attribution_ops.runs)`
	w, err := simulate.New(simulate.Options{Events: 20_000, Days: days + 1, Seed: 7})
	require.NoError(t, err)
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.WriteTruthTables(t.Context(), conn.Conn(), ""))
	for _, span := range [][2]int{{0, days - 1}, {days - 1, days}, {days, days + 1}} {
		require.NoError(t, w.WriteTables(t.Context(), conn.Conn(), span[0], span[1], nil))
		_, err := p.Run(t.Context(), pipeline.Request{AsOf: w.Day(span[1]), Choices: pipeline.Choices{AllowShrink: true}})
		require.NoError(t, err)
		var signups, differ int
		require.NoError(t, conn.QueryRow(t.Context(), wrong).Scan(&signups, &differ))
		require.Greater(t, signups, 20)
		require.Zero(t, differ, "of %d signed-up persons", signups)
	}
	conn.Release()
}

// TestPlanSaysWhatANightConcerns holds a plan to what the night then does: the new
// rows exactly; persons and visits at least as far as identity is known before.
func TestPlanSaysWhatANightConcerns(t *testing.T) {
	t.Parallel()
	p := install(t, func(c *config.Config) { c.Sources = []string{"website", "app"} })
	w, err := simulate.New(simulate.Options{Events: 5_000, Days: 100, Seed: 3})
	require.NoError(t, err)
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NoError(t, w.WriteTables(t.Context(), conn.Conn(), 0, 99, nil))
	_, err = p.Run(t.Context(), pipeline.Request{AsOf: w.Day(99), Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(t, err)
	require.NoError(t, w.WriteTables(t.Context(), conn.Conn(), 99, 100, nil))

	before := checksum(t, p)
	planned, err := p.Plan(t.Context(), pipeline.Request{AsOf: w.Day(100), Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(t, err)
	require.Equal(t, before, checksum(t, p), "a plan touches nothing")
	report, err := p.Run(t.Context(), pipeline.Request{AsOf: w.Day(100), Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(t, err)
	require.Positive(t, planned[0].Result.RowsIn)
	require.Equal(t, report.Stages[0].Result.RowsChanged, planned[0].Result.RowsIn)
	var rows, persons, visits, months int64
	_, err = fmt.Sscanf(planned[0].Result.Note, "%d new rows of %d persons, who have %d visits so far in %d months", &rows, &persons, &visits, &months)
	require.NoError(t, err, planned[0].Result.Note)
	did := report.Stages[3].Result.Counters
	require.LessOrEqual(t, persons, did["persons_dirty"])
	require.Greater(t, 2*persons, did["persons_dirty"])
	require.Less(t, visits, did["visits_dirty"])
	require.LessOrEqual(t, months, did["months_dirty"])
}

// checksum is of everything a run may write.
func checksum(t *testing.T, p *pipeline.Pipeline) (sum string) {
	t.Helper()
	const query = `SELECT md5(string_agg(c.oid::text || ':' || pg_catalog.pg_relation_size(c.oid), ',' ORDER BY c.oid))
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('segment', 'session_stages', 'sessions', 'aliases', 'attribution_ops')`
	require.NoError(t, p.DB().Pool.QueryRow(t.Context(), query).Scan(&sum))
	return sum
}
