package check_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
)

func TestZZScratch(t *testing.T) {
	p := install(t, func(c *config.Config) { c.Sources = []string{"website", "app"} })
	w, err := simulate.New(simulate.Options{Events: 500_000, Days: 366})
	require.NoError(t, err)
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.WriteTables(t.Context(), conn.Conn(), 0, 365, nil))
	conn.Release()
	start := time.Now()
	_, err = p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	t.Log("run", time.Since(start))
	for _, one := range []int{100, 1} {
		start = time.Now()
		r := verify(t, p, check.VerifyOptions{SampleOneIn: one})
		t.Log("verify", one, time.Since(start), "\n"+text(t, r))
	}
	var id string
	require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT alias_id FROM sessions.attribution WHERE is_identified AND session_count_before_signup > 2 AND first_attributed_touch_source IS NOT NULL LIMIT 1").Scan(&id))
	start = time.Now()
	_, s := explained(t, p, "user:"+id)
	t.Log(time.Since(start), "\n"+s)
}
