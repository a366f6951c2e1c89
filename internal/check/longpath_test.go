package check_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// TestLongPaths: of a path of more than a thousand touches the first is kept and the
// latest ones, and the reference says the same.
func TestLongPaths(t *testing.T) {
	t.Parallel()
	p := told(t, func(c *config.Config) {
		c.Conversions = []config.Conversion{{Name: "purchase", Events: []string{"Bought"}, Every: true}}
	})
	exec(t, p, `INSERT INTO website.pages (id, received_at, uuid_ts, "timestamp", anonymous_id, url)
		SELECT 'long' || n, at, at, at, 'often', 'https://shop.example/?utm_source=s' || n
		FROM generate_series(1, 1200) AS n, LATERAL (SELECT '2024-01-01Z'::timestamptz + n * interval '1 hour') AS a (at)`)
	exec(t, p, `INSERT INTO website.tracks (id, received_at, uuid_ts, "timestamp", anonymous_id, event_text)
		SELECT 'bought' || n, at, at, at, 'often', 'Bought'
		FROM unnest(ARRAY[3, 1000, 1001, 1200]) AS n, LATERAL (SELECT '2024-01-01Z'::timestamptz + n * interval '1 hour') AS a (at)`)
	_, err := p.Run(t.Context(), pipeline.Request{AsOf: time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	for number, want := range map[int][3]string{1: {"3", "s1", "s3"}, 2: {"1000", "s1", "s1000"}, 3: {"1000", "s1", "s1001"}, 4: {"1000", "s1", "s1200"}} {
		var got [3]string
		require.NoError(t, p.DB().Pool.QueryRow(t.Context(), `SELECT max(position)::text, min(source) FILTER (WHERE position = 1), min(source) FILTER (WHERE last_touch = 1)
			FROM sessions.paths WHERE number = $1 AND position > 0`, number).Scan(&got[0], &got[1], &got[2]))
		require.Equal(t, want, got, "purchase %d", number)
	}
	r := verify(t, p, check.VerifyOptions{})
	require.True(t, r.Ok(), text(t, r))
}
