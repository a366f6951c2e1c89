package pipeline_test

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// A waiter is a timer whose waits are told and take no time.
type waiter struct {
	waits func(time.Duration)
	c     chan time.Time
}

func (w *waiter) Start(d time.Duration) {
	w.waits(d)
	w.c = make(chan time.Time, 1)
	w.c <- time.Now()
}

func (w *waiter) Stop() {}

func (w *waiter) C() <-chan time.Time { return w.c }

// TestAnAttemptThatHangsEnds after retry.attempt_timeout, and is worth one more.
func TestAnAttemptThatHangsEnds(t *testing.T) {
	t.Parallel()
	source := install(t, nil)
	pauses := 0
	c := config.New()
	c.DatabaseURL = source.DB().Pool.Config().ConnString()
	c.Sources = []string{"website"}
	c.Retry = config.Retry{MaxElapsed: time.Hour, AttemptTimeout: 300 * time.Millisecond}
	p, err := pipeline.Open(t.Context(), c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test", Timer: &waiter{waits: func(time.Duration) { pauses++ }}})
	require.NoError(t, err)
	defer p.Close()
	conn, err := pgx.Connect(t.Context(), c.DatabaseURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `CREATE SCHEMA website; CREATE TABLE website.tracks (id text, received_at timestamptz, anonymous_id text);
		INSERT INTO website.tracks VALUES ('a', now(), 'a')`)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE segment.app_tracks IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	_, err = p.Run(t.Context(), pipeline.Request{})
	require.ErrorContains(t, err, "stage extract: not done within retry.attempt_timeout (300ms)")
	require.Equal(t, 1, pauses)
	_, err = conn.Exec(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	var attempts, again int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*), count(next_try_at) FROM attribution_ops.stage_runs WHERE stage = 'extract' AND state = 'failed' AND error_class = 'timeout'").
		Scan(&attempts, &again))
	require.Equal(t, []int{2, 1}, []int{attempts, again}, "attempts, and those followed by another")
}

// TestADatabaseThatIsAwayIsWaitedFor at the beginning of a run, by a patient pipeline only.
func TestADatabaseThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := config.New()
	c.Retry.MaxElapsed = time.Hour
	c.DatabaseURL = install(t, nil).DB().Pool.Config().ConnString()
	conn, err := pgx.Connect(t.Context(), testkit.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	u, err := pgx.ParseConfig(c.DatabaseURL)
	require.NoError(t, err)
	quoted := pgx.Identifier{u.Database}.Sanitize()
	allow := func(connections string) {
		_, err := conn.Exec(t.Context(), "ALTER DATABASE "+quoted+" CONNECTION LIMIT "+connections)
		require.NoError(t, err)
	}
	role := "CREATE ROLE " + pgx.Identifier{u.Database}.Sanitize() + " LOGIN"
	_, err = conn.Exec(t.Context(), role) // a superuser knows no limit
	require.NoError(t, err)
	allow("0")
	open := func(patient bool) (waits []time.Duration, err error) {
		p, err := pipeline.Open(t.Context(), as(t, c, u.Database), pipeline.Options{
			Log: slog.New(slog.DiscardHandler), Version: "test", Patient: patient,
			Timer: &waiter{waits: func(d time.Duration) {
				if waits = append(waits, d); len(waits) == 3 {
					allow("-1")
				}
			}},
		})
		if err == nil {
			p.Close()
		}
		return waits, err
	}
	waits, err := open(false)
	require.ErrorContains(t, err, "53300")
	require.Empty(t, waits)
	waits, err = open(true)
	require.ErrorContains(t, err, "42501", "the role may not look at our tables: that is past connecting, and no reason to wait")
	require.Len(t, waits, 3)
	require.Greater(t, waits[2], 20*time.Second, "resources come back slowly")
}

// as is the configuration with another role in its URL.
func as(t *testing.T, c config.Config, role string) config.Config {
	t.Helper()
	u, err := url.Parse(c.DatabaseURL)
	require.NoError(t, err)
	q := u.Query()
	q.Set("user", role)
	u.User, u.RawQuery = nil, q.Encode()
	c.DatabaseURL = u.String()
	return c
}
