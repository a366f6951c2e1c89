package pipeline_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// TestPages sees that a stage that fails for good pages once, with the command to
// run again, and that its next success resolves the page.
func TestPages(t *testing.T) {
	t.Parallel()
	type page struct {
		Action   string `json:"event_action"`
		DedupKey string `json:"dedup_key"`
		Payload  struct {
			Details struct{ Rerun string } `json:"custom_details"`
		} `json:"payload"`
	}
	var mu sync.Mutex
	var pages []page
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p page
		_ = json.NewDecoder(r.Body).Decode(&p)
		mu.Lock()
		defer mu.Unlock()
		if p.Action == "trigger" || p.DedupKey == "attribution/none/extract" {
			pages = append(pages, p)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"status":"success"}`))
	}))
	defer server.Close()
	p := install(t, func(c *config.Config) {
		c.Sources = []string{"website"}
		c.Notify.PagerDutyRoutingKey, c.Notify.PagerDutyEndpoint = "key", server.URL
	})
	exec := func(sql string) {
		_, err := p.DB().Pool.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	exec("CREATE SCHEMA website")
	exec("CREATE TABLE website.tracks (id varchar(1024), anonymous_id text)")
	_, err := p.Run(t.Context(), pipeline.Request{})
	require.ErrorContains(t, err, "table website.tracks: required column received_at is missing")
	exec("ALTER TABLE website.tracks ADD COLUMN received_at timestamptz")
	_, err = p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, pages, 2)
	require.Equal(t, "trigger", pages[0].Action)
	require.Equal(t, "attribution run --from-stage extract", pages[0].Payload.Details.Rerun)
	require.Equal(t, "resolve", pages[1].Action)
	require.Equal(t, pages[0].DedupKey, pages[1].DedupKey)
}
