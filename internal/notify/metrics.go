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
)

// statsdTimeout bounds finding the agent, and bounds sending it the rest at the end.
const statsdTimeout = 2 * time.Second

// metrics sends numbers to a Datadog agent.
type metrics struct {
	client *statsd.Client
	env    []string // the tag env, unless datadog-go adds it
	log    *slog.Logger
}

// StageDone tells Datadog of a stage that ended, with the tags stage, env and outcome:
//
//   - attribution.stage.duration, seconds, all attempts and the pauses between
//   - attribution.stage.rows, read
//   - attribution.stage.rows_changed, inserted and deleted
//   - attribution.stage.rows_rejected
//   - attribution.stage.attempts
//
// All are gauges. It does not wait for the agent.
func (n *Notifier) StageDone(stage, outcome string, elapsed time.Duration, rowsIn, rowsChanged, rejected int64, attempts int) {
	if n == nil || n.metrics == nil {
		return
	}
	m := n.metrics
	tags := m.tags("stage:"+word(stage), "outcome:"+word(outcome))
	m.gauge("attribution.stage.duration", elapsed.Seconds(), tags)
	m.gauge("attribution.stage.rows", float64(rowsIn), tags)
	m.gauge("attribution.stage.rows_changed", float64(rowsChanged), tags)
	m.gauge("attribution.stage.rows_rejected", float64(rejected), tags)
	m.gauge("attribution.stage.attempts", float64(attempts), tags)
}

// RunDone tells Datadog of a run that ended:
//
//   - attribution.run.duration, a gauge in seconds, with the tags env and outcome
//   - attribution.run.success, a gauge: 1 when outcome is Done, else 0; with the tag
//     env only, so that a failure and a success are points of one series
//   - attribution.run, a service check with the tag env: OK when outcome is Done,
//     WARNING when Interrupted, else CRITICAL
//
// It does not wait for the agent.
func (n *Notifier) RunDone(ctx context.Context, outcome string, elapsed time.Duration) {
	if n == nil || n.metrics == nil {
		return
	}
	m := n.metrics
	success, status := 0.0, statsd.Critical
	switch outcome {
	case Done:
		success, status = 1, statsd.Ok
	case Interrupted:
		status = statsd.Warn
	}
	m.gauge("attribution.run.duration", elapsed.Seconds(), m.tags("outcome:"+word(outcome)))
	m.gauge("attribution.run.success", success, m.tags())
	check := statsd.NewServiceCheck("attribution.run", status)
	check.Tags = m.tags()
	if err := m.client.ServiceCheck(check); err != nil {
		m.log.WarnContext(ctx, "Datadog was not told of the run", "error", err)
	}
}

// newMetrics is nil when no agent is configured or it cannot be found.
func newMetrics(o Options, env string, log *slog.Logger) *metrics {
	if o.DogStatsD == "" && !o.EnableDatadog {
		return nil
	}
	m := &metrics{log: log}
	if os.Getenv("DD_ENV") == "" {
		m.env = []string{"env:" + env}
	}
	var once sync.Once
	options := []statsd.Option{
		statsd.WithoutTelemetry(),  // numbers about the client itself
		statsd.WithWorkersCount(1), // all fits in one packet or two
		statsd.WithErrorHandler(func(err error) { // called by the client's goroutines
			once.Do(func() { log.Warn("the Datadog agent cannot be reached: numbers are lost", "error", err) })
		}),
	}
	client, err := dial(func() (*statsd.Client, error) {
		return statsd.New(strings.TrimPrefix(o.DogStatsD, "udp://"), options...)
	})
	if err != nil {
		log.Warn("the Datadog agent was not found: it gets no numbers", "error", err)
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

func (m *metrics) gauge(name string, value float64, tags []string) {
	if err := m.client.Gauge(name, value, tags, 1); err != nil {
		m.log.Warn("Datadog was not told a number", "name", name, "error", err)
	}
}

// close sends what the client still holds. A socket nobody reads may keep the client
// from returning: it is then left to itself.
func (m *metrics) close() {
	if m == nil {
		return
	}
	closed := make(chan error, 1)
	go func() { closed <- m.client.Close() }()
	timeout := time.NewTimer(statsdTimeout)
	defer timeout.Stop()
	select {
	case err := <-closed:
		if err != nil {
			m.log.Warn("the last numbers for Datadog may be lost", "error", err)
		}
	case <-timeout.C:
		m.log.Warn("the last numbers for Datadog may be lost: the agent does not take them", "timeout", statsdTimeout)
	}
}
