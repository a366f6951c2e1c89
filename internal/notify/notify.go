// Package notify tells people and machines how a run went: numbers to Datadog, pages
// to PagerDuty. It never fails a run and never holds one up: what cannot be told
// within a few seconds is a warning in the log.
package notify

import (
	"log/slog"
	"strings"
	"unicode"
)

// Outcomes of a stage or a run. They are values of the tag outcome: of anything else,
// too, there may be only a few.
const (
	Done        = "done"        // it succeeded
	Failed      = "failed"      // it gave up
	Interrupted = "interrupted" // it was asked to stop
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

	// Log is told what could not be sent. Nil: nobody is.
	Log *slog.Logger
}

// A Notifier tells Datadog and PagerDuty what happened. It is safe for use by several
// goroutines, and a nil Notifier does nothing.
type Notifier struct {
	env     string
	log     *slog.Logger
	metrics *metrics // nil: none
	pager   *pager   // nil: none
}

// New is a Notifier for what is configured. It fails when EventsEndpoint is no
// address; an agent that cannot be found is a warning in the log. Looking its name up
// takes at most 2 s.
func New(o Options) (*Notifier, error) {
	n := &Notifier{env: word(o.Env), log: o.Log}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if n.pager, err = newPager(o, n.env); err != nil {
		return nil, err
	}
	n.metrics = newMetrics(o, n.env, n.log)
	return n, nil
}

// Close sends what waits to be sent. It takes at most 2 s, also when called again.
func (n *Notifier) Close() {
	if n == nil {
		return
	}
	n.metrics.close()
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
