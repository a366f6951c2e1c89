package pipeline_test

import (
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
		_, err := p.Run(t.Context(), pipeline.Request{AsOf: w.Day(span[1])})
		require.NoError(t, err)
		var signups, differ int
		require.NoError(t, conn.QueryRow(t.Context(), wrong).Scan(&signups, &differ))
		require.Greater(t, signups, 20)
		require.Zero(t, differ, "of %d signed-up persons", signups)
	}
	conn.Release()
}
