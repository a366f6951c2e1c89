package pipeline

import (
	"errors"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// A clock stands still until it is told.
type clock struct{ at time.Time }

func (c *clock) Now() time.Time { return c.at }

// tries counts the tries a stage has when each fails with class, each pause passing.
func tries(most time.Duration, class pg.Class) (n int, waited, longest time.Duration) {
	c := &clock{at: time.Date(2024, 1, 1, 6, 0, 0, 0, time.UTC)}
	p := &pauses{most: most, clock: c, class: class}
	for n = 1; ; n++ {
		pause := p.NextBackOff()
		if pause == backoff.Stop {
			return n, waited, longest
		}
		waited, longest = waited+pause, max(longest, pause)
		c.at = c.at.Add(pause)
	}
}

// TestPauses: classes have the tries they are worth, and none waits longer than told.
func TestPauses(t *testing.T) {
	t.Parallel()
	for _, class := range []pg.Class{pg.Connection, pg.Unknown, pg.Contention, pg.ReadOnly, pg.Resources} {
		n, waited, longest := tries(2*time.Hour, class)
		require.Greater(t, n, 60, class.Name)
		require.LessOrEqual(t, waited, 2*time.Hour, class.Name)
		require.Greater(t, waited, 2*time.Hour-2*maxPause, class.Name)
		require.LessOrEqual(t, longest, maxPause*3/2, class.Name)
	}
	for class, want := range map[pg.Class]int{pg.Timeout: 2, pg.Drift: 3, pg.Internal: 3, pg.Permanent: 1} {
		n, _, _ := tries(2*time.Hour, class)
		require.Equal(t, want, n, class.Name)
	}
}

// TestPausesCountFromTheFirstFailure, not from the beginning of a stage that worked for hours before it.
func TestPausesCountFromTheFirstFailure(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Date(2024, 1, 1, 6, 0, 0, 0, time.UTC)}
	p := &pauses{most: time.Minute, clock: c, class: pg.Connection}
	c.at = c.at.Add(5 * time.Hour)
	require.NotEqual(t, backoff.Stop, p.NextBackOff())
	c.at = c.at.Add(2 * time.Minute)
	require.Equal(t, backoff.Stop, p.NextBackOff())
}

// TestClassOf: what is away at the source is worth another look, what is away of ours is not.
func TestClassOf(t *testing.T) {
	t.Parallel()
	gone := error(&pgconn.PgError{Code: "42P01"})
	require.Equal(t, pg.Drift, classOf("extract", gone))
	require.Equal(t, pg.Permanent, classOf("alias", gone))
	require.Equal(t, pg.Permanent, classOf("extract", stages.Permanent(gone)))
	require.Equal(t, pg.Permanent, classOf("begin", ErrLocked))
	require.Equal(t, pg.Permanent, classOf("begin", usage(errors.New("x"))))
	require.Equal(t, pg.Connection, classOf("begin", errStale))
	require.Equal(t, pg.Permanent, classOf("begin", errSuperseded))
}
