package pipeline_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// TestASupersededRunStops takes a run's lock away between two stages and lets another
// run begin: the first must stop at its next transaction, and nothing may count twice.
func TestASupersededRunStops(t *testing.T) {
	t.Parallel()
	sources := func(c *config.Config) { c.Sources = []string{"website", "app"} }
	first := install(t, sources)
	second := install(t, func(c *config.Config) {
		sources(c)
		c.DatabaseURL = first.DB().Pool.Config().ConnString()
	})
	w, err := simulate.New(simulate.Options{Events: 2_000, Days: 40, Seed: 5})
	require.NoError(t, err)
	conn, err := first.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.WriteTables(t.Context(), conn.Conn(), 0, 40, nil))
	conn.Release()
	superseded := false
	_, err = first.Run(t.Context(), pipeline.Request{AsOf: w.Day(40), Done: func(s pipeline.StageReport) {
		if s.Stage.Number != 1 {
			return
		}
		_, err := second.DB().Pool.Exec(context.Background(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks -- waits until it is gone
			WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		require.NoError(t, err)
		_, err = second.Run(context.Background(), pipeline.Request{AsOf: w.Day(40)})
		require.NoError(t, err)
		superseded = true
	}})
	require.True(t, superseded)
	require.ErrorContains(t, err, "a newer run has begun")
	var taken, inSessions int64
	require.NoError(t, second.DB().Pool.QueryRow(t.Context(),
		"SELECT (SELECT sum(in_visits) FROM attribution_ops.counters), (SELECT sum(event_count) FROM sessions.all_sessions)").Scan(&taken, &inSessions))
	require.Equal(t, taken, inSessions)
}
