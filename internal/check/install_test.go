package check_test

import (
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// install gives the test a migrated database of its own and an open pipeline on it.
func install(t *testing.T, change func(*config.Config)) *pipeline.Pipeline {
	t.Helper()
	c := config.New()
	c.Retry.MaxElapsed = 0
	if change != nil {
		change(&c)
	}
	c.DatabaseURL = migrated.Database(t)
	p, err := pipeline.Open(t.Context(), c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// installWorld is install with the settings of a world, whose empty tables it makes.
func installWorld(t *testing.T, w world.World) *pipeline.Pipeline {
	t.Helper()
	p := install(t, func(c *config.Config) {
		s := w.Settings
		c.Sources = w.Schemas()
		c.SignupEvents, c.IgnoreEvents, c.Identity.Blocked = s.SignupEvents, s.IgnoreEvents, s.Blocked
		if s.ExcludeBots {
			c.Bots = "exclude"
		}
		c.SessionGap, c.Lookback, c.Extract.DedupWindow = s.Gap, s.Lookback, s.DedupWindow
		c.Identity.Policy, c.Identity.UseAliasCalls = s.Policy, s.UseAliasCalls
		c.Identity.MaxUsersPerAnonymousID, c.Identity.MaxComponentSize = s.MaxUsersPerAnonymousID, s.MaxComponentSize
	})
	onConn(t, p, func(conn *pgx.Conn) error { return w.Create(t.Context(), conn) })
	return p
}

// night lets the rows of a night arrive and runs the pipeline.
func night(t *testing.T, p *pipeline.Pipeline, w world.World, n int) {
	t.Helper()
	onConn(t, p, func(conn *pgx.Conn) error { return w.Arrive(t.Context(), conn, n) })
	_, err := p.Run(t.Context(), pipeline.Request{AsOf: w.NightAt(n), Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(t, err)
}

func onConn(t *testing.T, p *pipeline.Pipeline, fn func(*pgx.Conn) error) {
	t.Helper()
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NoError(t, fn(conn.Conn()))
}

// exec changes something and expects that it did.
func exec(t *testing.T, p *pipeline.Pipeline, sql string, args ...any) {
	t.Helper()
	tag, err := p.DB().Pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err, sql)
	if tag.Insert() || tag.Update() || tag.Delete() {
		require.NotZero(t, tag.RowsAffected(), sql)
	}
}
