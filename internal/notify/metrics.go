package notify

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"

	"github.com/attribution-dev/attribution/internal/logs"
)

const (
	// statsdTimeout bounds finding the agent, and bounds sending it what waits.
	statsdTimeout = 2 * time.Second
	// eventLimit keeps an event's text, in bytes, within the client's packet of 1,432,
	// also when every other part is as long as it may be.
	eventLimit = 500
)

// dataCounters are the counters of stages that become gauges
// attribution.data.<counter>: those that say how good the data are.
var dataCounters = []string{
	// extract: rows of the sources
	"rows_rejected",   // left out: see rejected_rows
	"rows_duplicate",  // copies
	"rows_replaced",   // lesser copies that gave way
	"columns_changed", // of source tables
	// sessionize: events
	"events_late",     // received in a later month than they happened, or long after
	"events_bot",      // of crawlers
	"events_rejected", // without a usable identifier
	"events_clamped",  // with a clock that cannot be
	// alias
	"anonymous_ids_shared", // with more users than a person has
	"anonymous_ids_cut",    // of identities that grew too large
	"identifiers_moved",    // to another person than before
	"persons_changed",      // with a user_id, of whom some were
	"persons_identified",   // with a user_id, in all
	"largest_identity",     // identifiers of one person
	// resessionize, attribute
	"persons",           // merged anew
	"signed_up_persons", // published
	"publish_retries",   // waits for readers
	// reindex
	"indexes_repaired",
}

// metrics sends numbers to a Datadog agent.
type metrics struct {
	client *statsd.Client
	name   string   // of the installation
	env    []string // the tag env, unless datadog-go adds it
	log    *slog.Logger
}

// end sends everything about a run, with the tag env, within statsdTimeout:
//
//   - gauges with the tags stage and outcome, for each stage: attribution.stage.duration
//     (seconds, all attempts and the pauses between), .rows (read), .rows_changed
//     (inserted and deleted), .attempts
//   - gauges with the tag stage: attribution.data.<counter>, of dataCounters
//   - attribution.run.duration, a gauge in seconds, with the tag outcome
//   - attribution.run.success, a gauge: 1 when the outcome is Done, else 0; without
//     further tags, so that a failure and a success are points of one series
//   - attribution.data.freshness, a gauge: the age of the newest published event in
//     seconds, where it is known
//   - attribution.run, a service check: OK when Done, WARNING when Interrupted, else
//     CRITICAL
//   - when Failed, an event, with the page's key to aggregate by and the tag stage
func (m *metrics) end(ctx context.Context, r Run) {
	if m == nil {
		return
	}
	sent := make(chan error, 1)
	go func() { // a socket nobody reads may keep the client from returning: it is then left to itself
		m.send(ctx, r)
		sent <- m.client.Close()
	}()
	timeout := time.NewTimer(statsdTimeout)
	defer timeout.Stop()
	select {
	case err := <-sent:
		m.warn(ctx, err)
	case <-timeout.C:
		m.warn(ctx, fmt.Errorf("the agent does not take them within %s", statsdTimeout))
	}
}

func (m *metrics) send(ctx context.Context, r Run) {
	gauge := func(name string, value float64, tags ...string) {
		m.warn(ctx, m.client.Gauge("attribution."+name, value, m.tags(tags...), 1))
	}
	for _, s := range r.Stages {
		stage, outcome := "stage:"+word(s.Name), "outcome:"+word(r.outcome(s))
		gauge("stage.duration", s.Elapsed.Seconds(), stage, outcome)
		gauge("stage.rows", float64(s.RowsIn), stage, outcome)
		gauge("stage.rows_changed", float64(s.RowsChanged), stage, outcome)
		gauge("stage.attempts", float64(s.Attempts), stage, outcome)
		for _, name := range dataCounters {
			if n, counted := s.Counters[name]; counted {
				gauge("data."+name, float64(n), stage)
			}
		}
	}
	success, status := 0.0, statsd.Critical
	switch r.Outcome {
	case Done:
		success, status = 1, statsd.Ok
	case Interrupted:
		status = statsd.Warn
	}
	gauge("run.duration", r.Elapsed.Seconds(), "outcome:"+word(r.Outcome))
	gauge("run.success", success)
	if age, known := r.age(); known {
		gauge("data.freshness", age.Seconds())
	}
	check := statsd.NewServiceCheck("attribution.run", status)
	check.Tags = m.tags()
	m.warn(ctx, m.client.ServiceCheck(check))
	if r.Outcome == Failed {
		m.warn(ctx, m.client.Event(m.event(r)))
	}
}

// event says that a run failed.
func (m *metrics) event(r Run) *statsd.Event {
	stage, message := r.failure()
	return &statsd.Event{
		Title:          "attribution " + m.name + ": " + stage + " failed",
		Text:           cut(line(logs.Redact(message)), eventLimit) + ".", // never empty: it is refused
		AggregationKey: dedupKey(m.name, stage),
		AlertType:      statsd.Error,
		Tags:           m.tags("stage:" + stage),
	}
}

// newMetrics is nil when no agent is configured or it cannot be found.
func newMetrics(o Options, env string) *metrics {
	if o.DogStatsD == "" && !o.EnableDatadog {
		return nil
	}
	m := &metrics{log: o.Log, name: env}
	if os.Getenv("DD_ENV") == "" {
		m.env = []string{"env:" + env}
	}
	var once sync.Once
	options := []statsd.Option{
		statsd.WithoutTelemetry(),  // numbers about the client itself
		statsd.WithWorkersCount(1), // all fits in a few packets
		statsd.WithErrorHandler(func(err error) { // called by the client's goroutines
			once.Do(func() { o.Log.Warn("the Datadog agent cannot be reached: numbers are lost", "error", err) })
		}),
	}
	client, err := dial(func() (*statsd.Client, error) {
		return statsd.New(strings.TrimPrefix(o.DogStatsD, "udp://"), options...)
	})
	if err != nil {
		o.Log.Warn("the Datadog agent was not found: it gets no numbers", "error", err)
		return nil
	}
	m.client = client
	return m
}

// dial bounds connect, which looks a name up and has no timeout of its own.
func dial(connect func() (*statsd.Client, error)) (*statsd.Client, error) {
	type result struct {
		client *statsd.Client
		err    error
	}
	connected, late := make(chan result), make(chan struct{})
	go func() {
		client, err := connect()
		select {
		case connected <- result{client, err}:
		case <-late:
			if err == nil {
				_ = client.Close() // it holds nothing
			}
		}
	}()
	timeout := time.NewTimer(statsdTimeout)
	defer timeout.Stop()
	select {
	case r := <-connected:
		return r.client, r.err
	case <-timeout.C:
		close(late)
		return nil, fmt.Errorf("looking it up takes more than %s", statsdTimeout)
	}
}

func (m *metrics) tags(more ...string) []string {
	return append(more, m.env...)
}

// warn logs what could not be sent, if anything.
func (m *metrics) warn(ctx context.Context, err error) {
	if err != nil {
		m.log.WarnContext(ctx, "numbers for Datadog may be lost", "error", err)
	}
}
