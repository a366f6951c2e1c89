// Package notify tells people and machines how a run went: numbers to Datadog, pages
// to PagerDuty, a sign of life to a heartbeat monitor. It never fails a run and never
// holds a good one up: what cannot be told within a few seconds is a warning in the
// log.
package notify

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"unicode"
)

// Options say whom to tell. The zero value tells nobody.
type Options struct {
	// Env names the installation, such as production: the tag env, and part of
	// PagerDuty's deduplication key. Defaults to "none". Where DD_ENV is set, it is
	// the tag instead: datadog-go adds it to everything.
	Env string

	// DogStatsD is the address of the Datadog agent: host:port, host (port 8125),
	// udp://host:port or unix:///path. Empty with EnableDatadog: from
	// DD_DOGSTATSD_URL, or DD_AGENT_HOST and DD_DOGSTATSD_PORT, which datadog-go
	// reads itself.
	DogStatsD string
	// EnableDatadog sends numbers to the agent the environment names. An address in
	// DogStatsD does without it.
	EnableDatadog bool

	// RoutingKey is the integration key of a PagerDuty service (Events API v2), a
	// secret. Empty: nobody is paged.
	RoutingKey string
	// EventsEndpoint is where events go. Defaults to https://events.pagerduty.com;
	// accounts in the EU have https://events.eu.pagerduty.com.
	EventsEndpoint string
	// RunbookURL is a link in every page. Empty: none.
	RunbookURL string

	// HeartbeatURL is the address of a check as healthchecks.io has them, a secret; its
	// query, if any, is kept. Empty: there is none.
	HeartbeatURL string

	// Log is told what could not be sent. Nil: nobody is.
	Log *slog.Logger
}

// A Notifier tells Datadog, PagerDuty and a heartbeat monitor of one run. A nil
// Notifier does nothing.
type Notifier struct {
	metrics   *metrics   // nil: none
	pager     *pager     // nil: none
	heartbeat *heartbeat // nil: none
}

// New is a Notifier for what is configured. An agent that cannot be found, or an
// address that is none, is a warning in the log. Looking the agent's name up takes at
// most 2 s.
func New(o Options) *Notifier {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	env := word(o.Env)
	return &Notifier{metrics: newMetrics(o, env), pager: newPager(o, env), heartbeat: newHeartbeat(o)}
}

// Begin tells the heartbeat monitor that the run has begun. It does not wait.
func (n *Notifier) Begin(ctx context.Context) {
	if n != nil {
		n.heartbeat.begin(context.WithoutCancel(ctx))
	}
}

// End tells of a run that ended, everybody at once, and sends what waits to be sent:
//
//   - Datadog: within 2 s
//   - PagerDuty, unless the run was interrupted: it is paged when the run failed, and
//     the incidents of what succeeded are resolved; within 5 s, or a minute where it
//     asks for patience or somebody is to be paged
//   - the heartbeat monitor: within 6 s
//
// A cancelled ctx does not stop it: a run that is being stopped can still tell.
func (n *Notifier) End(ctx context.Context, r Run) {
	if n == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { n.metrics.end(ctx, r) })
	all.Go(func() { n.pager.end(ctx, r) })
	all.Go(func() { n.heartbeat.end(ctx, r) })
	all.Wait()
}

// word makes s fit for a tag, an address or a key: letters, digits and _-./ up to 100
// bytes, "none" when there are none.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./", r) {
			return r
		}
		return '_'
	}, cut(strings.TrimSpace(s), 100))
	if s == "" {
		return "none"
	}
	return s
}

// cut is s as valid UTF-8, no longer than limit bytes.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") // half a character at the end goes
}

// line is s on one line.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }
