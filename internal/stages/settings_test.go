package stages_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// TestChangedSettingsEqualAFreshFullRun: a setting changed between two nights gives
// what a fresh run under it gives, and so does changing it back.
func TestChangedSettingsEqualAFreshFullRun(t *testing.T) {
	t.Parallel()
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(rules, []byte("channels:\n  - channel: Ours\n    when: [{medium: referral}]\n"), 0o600))
	type change = func(*config.Config)
	as := func(gap time.Duration) change { return func(c *config.Config) { c.SessionGap = gap } }
	for i, c := range []struct {
		name    string
		changes []change // for the nights after the first, in turn; the last for what is left
	}{
		{"blog_patterns", []change{func(c *config.Config) { c.BlogPatterns = []string{`/pricing`, `shop`} }}},
		{"signup_events", []change{func(c *config.Config) { c.SignupEvents = []string{"Signed Up", "Heartbeat", "Clicked"} }}},
		{"ignore_events", []change{func(c *config.Config) { c.IgnoreEvents = []string{"Signed Up"} }}},
		{"bots", []change{func(c *config.Config) { c.Bots = "exclude" }, func(c *config.Config) { c.Bots = "flag" }}},
		{"blocked identifiers", []change{func(c *config.Config) { c.Identity.Blocked = []string{"u1", "a1", "A2"} }}},
		{"own and internal domains", []change{func(c *config.Config) {
			c.OwnDomains, c.InternalDomains = []string{"google.com", "news.com", "t.co"}, []string{}
		}}},
		{"channel rules", []change{func(c *config.Config) { c.RulesFile = rules }}},
		{"lookback", []change{func(c *config.Config) { c.Lookback = 10 * time.Minute }}},
		{"policy and limits", []change{func(c *config.Config) {
			c.Identity.Policy, c.Identity.MaxUsersPerAnonymousID, c.Identity.MaxComponentSize = "merge", 4, 1000
		}, func(c *config.Config) {
			c.Identity.Policy, c.Identity.MaxUsersPerAnonymousID = "first", 1
		}}},
		{"component size", []change{func(c *config.Config) { c.Identity.Policy = "merge" }, func(c *config.Config) {
			c.Identity.Policy, c.Identity.MaxComponentSize = "merge", 2
		}}},
		{"alias calls", []change{func(c *config.Config) { c.Identity.UseAliasCalls = false }, func(c *config.Config) { c.Identity.UseAliasCalls = true }}},
		{"smaller gap", []change{as(30 * time.Second)}},
		{"larger gap", []change{as(3 * time.Hour)}},
		{"larger gap, and back", []change{as(6 * time.Hour), as(20 * time.Minute)}},
		{"smaller gap, then larger, then between", []change{as(time.Second), as(6 * time.Hour), as(20 * time.Minute)}},
		{"everything at once", []change{func(c *config.Config) {
			c.SessionGap, c.Lookback, c.Identity.Policy, c.SignupEvents, c.BlogPatterns = 45*time.Minute, time.Hour, "merge", []string{"Clicked"}, []string{"."}
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := worlds(4, 4, 80)[i%4]
			w.Settings.Gap, w.Settings.Blocked = 20*time.Minute, []string{"null"}
			last := w.Nights() - 1
			start := func(c *config.Config) { c.SessionGap, c.Identity.Blocked = 20*time.Minute, []string{"null"} }
			url := prepared(t, w, 0, 0)
			for i := range len(c.changes) + 1 { // the last nights are a run each, those before one run
				changed := start
				if i > 0 {
					changed = c.changes[i-1]
				}
				night := last - len(c.changes) + i
				p := mustOpen(t, url, of(w), start, changed)
				for arrives := range night + 1 {
					if i == 0 || arrives == night {
						conn, err := p.DB().Pool.Acquire(t.Context())
						require.NoError(t, err)
						require.NoError(t, w.Arrive(t.Context(), conn.Conn(), arrives))
						conn.Release()
					}
				}
				run(t, p, pipeline.Request{AsOf: w.NightAt(night)})
				if night == last {
					fresh := mustOpen(t, prepared(t, w, last+1, 0), of(w), start, changed)
					run(t, fresh, pipeline.Request{AsOf: w.NightAt(last), Full: true})
					same(t, published(t, fresh), published(t, p), "%s, world %d", c.name, w.Seed)
				}
				p.Close()
			}
		})
	}
}

// TestAChangedSettingIsNotForgottenByARunOfOneStage that does none of the work.
func TestAChangedSettingIsNotForgottenByARunOfOneStage(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	last := w.Nights() - 1
	changed := func(c *config.Config) { c.SignupEvents, c.SessionGap = []string{"Clicked", "Heartbeat"}, time.Minute }
	p := mustOpen(t, prepared(t, w, last+1, last), of(w), changed)
	for _, name := range []string{"reindex", "attribute", "alias"} { // notices the change, does none of the work
		run(t, p, pipeline.Request{AsOf: w.NightAt(last), Stages: one(name)})
	}
	run(t, p, pipeline.Request{AsOf: w.NightAt(last)})
	fresh := mustOpen(t, prepared(t, w, last+1, 0), of(w), changed)
	run(t, fresh, pipeline.Request{AsOf: w.NightAt(last), Full: true})
	same(t, published(t, fresh), published(t, p), "one stage first")
}

// TestALargerGapForOneNight: what was read under it is cut anew when it is taken back.
func TestALargerGapForOneNight(t *testing.T) {
	t.Parallel()
	url := migrated.Database(t)
	gap := func(d time.Duration) func(*config.Config) { return func(c *config.Config) { c.SessionGap = d } }
	p := mustOpen(t, url)
	website(t, p)
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 1)
	run(t, p, pipeline.Request{AsOf: day("2018-01-06")})
	tracks(t, p, "2018-01-06 10:00", "2018-01-06 10:00", "b", 1)
	tracks(t, p, "2018-01-06 12:00", "2018-01-06 12:00", "b", 1)
	count := func(p *pipeline.Pipeline) int {
		return value[int](t, p, "SELECT count(*) FROM sessions.all_sessions WHERE alias_id = 'b'")
	}
	wide := mustOpen(t, url, gap(6*time.Hour))
	run(t, wide, pipeline.Request{AsOf: day("2018-01-07")})
	require.Equal(t, 1, count(wide))
	back := mustOpen(t, url, gap(20*time.Minute))
	run(t, back, pipeline.Request{AsOf: day("2018-01-08")})
	require.Equal(t, 2, count(back))
}
