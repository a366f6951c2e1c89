package notify

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit/receivers"
)

// A log collects lines of several goroutines.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *log) warnings() int { return strings.Count(l.String(), "level=WARN") }

func open(o Options) (*Notifier, *log) {
	l := &log{}
	o.Log = slog.New(slog.NewTextHandler(l, nil))
	return New(o), l
}

// withoutDatadog empties the environment datadog-go reads.
func withoutDatadog(t *testing.T) {
	t.Helper()
	for _, name := range []string{"DD_DOGSTATSD_URL", "DD_AGENT_HOST", "DD_DOGSTATSD_PORT", "DD_ENV", "DD_SERVICE", "DD_VERSION", "DD_ENTITY_ID", "DD_EXTERNAL_ENV", "DD_CARDINALITY", "DATADOG_CARDINALITY"} {
		t.Setenv(name, "")
	}
	t.Setenv("DD_ORIGIN_DETECTION_ENABLED", "false")
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// failed is a run whose second stage failed.
func failed(message string) Run {
	err := errors.New(message)
	return Run{
		ID: 7, Outcome: Failed, ExitCode: 1, Err: err, Rerun: "attribution run --full", At: noon, Elapsed: 90 * time.Second, AsOf: noon, Newest: noon.Add(-time.Hour),
		Stages: []Stage{
			{Name: "extract", Elapsed: 1500 * time.Millisecond, RowsIn: 100, RowsChanged: 20, Attempts: 1, Counters: map[string]int64{"rows_rejected": 3, "rows_known": 5}},
			{Name: "sessionize", Err: err, Elapsed: time.Minute, RowsIn: 7, Attempts: 4},
		},
	}
}

// done is a run that succeeded.
func done() Run {
	r := failed("")
	r.Outcome, r.ExitCode, r.Err, r.Stages[1].Err = Done, 0, nil, nil
	return r
}

// early is a run that failed before its first stage.
func early(message string) Run {
	return Run{Outcome: Failed, ExitCode: 1, Err: errors.New(message), Rerun: "attribution run", At: noon, Elapsed: time.Second}
}

func interrupted() Run {
	r := failed("context canceled")
	r.Outcome, r.ExitCode = Interrupted, 4
	return r
}

func TestNumbers(t *testing.T) {
	withoutDatadog(t)
	for _, network := range []string{"udp", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			agent := receivers.NewAgent(t, network)
			n, l := open(Options{Env: "test", DogStatsD: agent.URL})
			n.End(t.Context(), failed("it\nbroke"))
			assert.Equal(t, []string{
				"_e attribution/test/sessionize error env:test,stage:sessionize attribution test: sessionize failed | it broke.",
				"_sc attribution.run 2 env:test",
				"attribution.data.freshness 3600 g env:test",
				"attribution.data.rows_rejected 3 g env:test,stage:extract",
				"attribution.run.duration 90 g env:test,outcome:failed",
				"attribution.run.success 0 g env:test",
				"attribution.stage.attempts 1 g env:test,outcome:done,stage:extract",
				"attribution.stage.attempts 4 g env:test,outcome:failed,stage:sessionize",
				"attribution.stage.duration 1.5 g env:test,outcome:done,stage:extract",
				"attribution.stage.duration 60 g env:test,outcome:failed,stage:sessionize",
				"attribution.stage.rows 100 g env:test,outcome:done,stage:extract",
				"attribution.stage.rows 7 g env:test,outcome:failed,stage:sessionize",
				"attribution.stage.rows_changed 0 g env:test,outcome:failed,stage:sessionize",
				"attribution.stage.rows_changed 20 g env:test,outcome:done,stage:extract",
			}, agent.Received())
			assert.Empty(t, l.String())
		})
	}
}

func TestOutcomesOfARun(t *testing.T) {
	withoutDatadog(t)
	for _, c := range []struct {
		run  Run
		want []string
	}{
		{Run{Outcome: Done, Elapsed: time.Second}, []string{
			"_sc attribution.run 0 env:none", "attribution.run.duration 1 g env:none,outcome:done", "attribution.run.success 1 g env:none",
		}},
		{Run{Outcome: Interrupted, Err: context.Canceled, Elapsed: time.Second}, []string{
			"_sc attribution.run 1 env:none", "attribution.run.duration 1 g env:none,outcome:interrupted", "attribution.run.success 0 g env:none",
		}},
		{early("no database"), []string{
			"_e attribution/none/run error env:none,stage:run attribution none: run failed | no database.",
			"_sc attribution.run 2 env:none", "attribution.run.duration 1 g env:none,outcome:failed", "attribution.run.success 0 g env:none",
		}},
	} {
		agent := receivers.NewAgent(t, "udp")
		n, _ := open(Options{DogStatsD: agent.URL})
		n.End(t.Context(), c.run)
		assert.Equal(t, c.want, agent.Received())
	}
}

func TestAgentAndTagsFromTheEnvironment(t *testing.T) {
	for name, set := range map[string]func(t *testing.T, address string){
		"DD_DOGSTATSD_URL": func(t *testing.T, address string) { t.Setenv("DD_DOGSTATSD_URL", address) },
		"DD_AGENT_HOST": func(t *testing.T, address string) {
			host, port, _ := strings.Cut(strings.TrimPrefix(address, "udp://"), ":")
			t.Setenv("DD_AGENT_HOST", host)
			t.Setenv("DD_DOGSTATSD_PORT", port)
		},
	} {
		t.Run(name, func(t *testing.T) {
			withoutDatadog(t)
			agent := receivers.NewAgent(t, "udp")
			set(t, agent.URL)
			t.Setenv("DD_ENV", "production")
			t.Setenv("DD_SERVICE", "warehouse")
			t.Setenv("DD_VERSION", "1.2")
			t.Setenv("DD_ENTITY_ID", "pod-1")
			n, l := open(Options{Env: "test", EnableDatadog: true})
			n.End(t.Context(), Run{Outcome: Done, Elapsed: time.Second})
			global := "dd.internal.entity_id:pod-1,env:production,"
			assert.Equal(t, []string{
				"_sc attribution.run 0 " + global + "service:warehouse,version:1.2",
				"attribution.run.duration 1 g " + global + "outcome:done,service:warehouse,version:1.2",
				"attribution.run.success 1 g " + global + "service:warehouse,version:1.2",
			}, agent.Received())
			assert.Empty(t, l.String())
		})
	}
}

// TestDataCounters sees that the counters that become gauges are ones that stages
// count, and that each is sent once, with no other.
func TestDataCounters(t *testing.T) {
	withoutDatadog(t)
	files, err := filepath.Glob("../stages/*.go")
	require.NoError(t, err)
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		source.Write(text)
	}
	counted := []string{"late_events", "shared_devices", "largest_identity", "alias_changed_persons"} // or are about to be
	for _, m := range regexp.MustCompile(`\.count\("(\w+)"`).FindAllStringSubmatch(source.String(), -1) {
		counted = append(counted, m[1])
	}
	counters, want := map[string]int64{}, []string{}
	for _, name := range counted {
		counters[name] = 2
	}
	for _, name := range dataCounters {
		assert.Contains(t, counted, name)
		want = append(want, "attribution.data."+name+" 2 g env:none,stage:x")
	}
	slices.Sort(want)
	agent := receivers.NewAgent(t, "udp")
	n, _ := open(Options{DogStatsD: agent.URL})
	n.End(t.Context(), Run{Outcome: Done, Stages: []Stage{{Name: "x", Counters: counters}}})
	sent := slices.DeleteFunc(agent.Received(), func(line string) bool { return !strings.HasPrefix(line, "attribution.data.") })
	assert.Equal(t, want, sent)
}

func TestTagsCannotBreakOutAndAllFitsItsPacket(t *testing.T) {
	withoutDatadog(t)
	agent := receivers.NewAgent(t, "udp")
	n, l := open(Options{Env: "a|b,c:d\ne" + strings.Repeat("x", 300), DogStatsD: agent.URL})
	r := failed(strings.Repeat("\n|ü", 10_000))
	r.Stages[1].Name = "x|y" + strings.Repeat("z", 300)
	n.End(t.Context(), r)
	lines := agent.Received()
	assert.Len(t, lines, 14)
	for _, line := range lines {
		assert.Contains(t, line, "env:a_b_c_d_exxx")
	}
	assert.Contains(t, lines[0], "stage:x_yzzz")
	assert.Contains(t, lines[0], "failed | |ü |ü")
	assert.Empty(t, l.String())
}

func TestClosedPort(t *testing.T) {
	withoutDatadog(t)
	agent := receivers.NewAgent(t, "udp")
	agent.Close()
	n, l := open(Options{DogStatsD: agent.URL})
	started := time.Now()
	n.End(t.Context(), done())
	assert.Less(t, time.Since(started), statsdTimeout+time.Second)
	assert.LessOrEqual(t, l.warnings(), 1, "warns once")
}

func TestNoAgent(t *testing.T) {
	withoutDatadog(t)
	for name, o := range map[string]Options{
		"nothing in the environment": {EnableDatadog: true},
		"no such host":               {DogStatsD: "agent.invalid:8125"},
		"no address":                 {DogStatsD: "a:b:c"},
		"no socket":                  {DogStatsD: "unix://" + filepath.Join(t.TempDir(), "no.socket")},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			n, l := open(o)
			n.End(t.Context(), done())
			assert.Less(t, time.Since(started), 2*statsdTimeout+time.Second)
			assert.Equal(t, 1, l.warnings(), l.String())
		})
	}
}

func TestNameIsLookedUpTooLong(t *testing.T) {
	withoutDatadog(t)
	late, found := make(chan struct{}), make(chan *statsd.Client, 1)
	started := time.Now()
	_, err := dial(func() (*statsd.Client, error) {
		<-late
		client, err := statsd.New("127.0.0.1:8125")
		found <- client
		return client, err
	})
	require.EqualError(t, err, "looking it up takes more than 2s")
	assert.Less(t, time.Since(started), statsdTimeout+time.Second)
	close(late)
	client := <-found
	require.NotNil(t, client)
	assert.Eventually(t, client.IsClosed, 10*time.Second, time.Millisecond)
}

func TestAgentDoesNotRead(t *testing.T) {
	withoutDatadog(t)
	agent := receivers.NewAgent(t, "unixgram")
	n, _ := open(Options{DogStatsD: agent.URL})
	r := done()
	for range 20_000 { // more than any queue holds
		r.Stages = append(r.Stages, Stage{Name: "extract" + strings.Repeat("x", len(r.Stages)%100)})
	}
	started := time.Now()
	n.End(t.Context(), r)
	assert.Less(t, time.Since(started), statsdTimeout+2*time.Second)
}

// page opens a Notifier on a PagerDuty.
func page(server *receivers.PagerDuty, o Options) (*Notifier, *log) {
	o.RoutingKey, o.EventsEndpoint = receivers.RoutingKey+"\n", server.URL+"/"
	return open(o)
}

func TestPage(t *testing.T) {
	server := receivers.NewPagerDuty(t)
	n, l := page(server, Options{Env: "test", RunbookURL: "https://wiki.example.com/x?y=z#w"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the process is being stopped: the page still goes
	n.End(ctx, failed("relation \"events\"\ndoes not exist"))
	name, err := os.Hostname()
	require.NoError(t, err)
	_, bodies := server.Received()
	require.Len(t, bodies, 2)
	slices.Sort(bodies) // resolve has no client, and comes later
	triggered, resolved := bodies[0], bodies[1]
	if strings.Contains(triggered, "resolve") {
		triggered, resolved = resolved, triggered
	}
	assert.JSONEq(t, `{
		"routing_key": "`+receivers.RoutingKey+`",
		"event_action": "trigger",
		"dedup_key": "attribution/test/sessionize",
		"client": "attribution",
		"links": [{"href": "https://wiki.example.com/x?y=z#w", "text": "Runbook"}],
		"payload": {
			"summary": "attribution test: sessionize failed: relation \"events\" does not exist",
			"source": "attribution/test",
			"severity": "error",
			"timestamp": "2026-05-04T12:00:00Z",
			"component": "sessionize",
			"group": "test",
			"custom_details": {
				"stage": "sessionize",
				"error": "relation \"events\"\ndoes not exist",
				"run": 7,
				"rerun": "attribution run --full",
				"host": "`+name+`"
			}
		}
	}`, triggered)
	assert.JSONEq(t, `{"routing_key": "`+receivers.RoutingKey+`", "event_action": "resolve", "dedup_key": "attribution/test/extract"}`, resolved)
	assert.Empty(t, l.String())
}

// actions are "action key severity" of events.
func actions(server *receivers.PagerDuty) (list []string) {
	events, _ := server.Received()
	for _, e := range events {
		list = append(list, strings.TrimSpace(e.Action+" "+e.DedupKey+" "+e.Payload.Severity))
	}
	return list
}

func TestWhoIsPaged(t *testing.T) {
	unpaged, old, ageUnknown := early("--stage x"), failed("it broke"), failed("it broke")
	unpaged.Unpaged = true
	old.Newest = noon.Add(-49 * time.Hour)
	ageUnknown.Newest = time.Time{}
	for name, c := range map[string]struct {
		run  Run
		want []string
	}{
		"done":                   {done(), []string{"resolve attribution/none/extract", "resolve attribution/none/run", "resolve attribution/none/sessionize"}},
		"failed":                 {failed("it broke"), []string{"resolve attribution/none/extract", "trigger attribution/none/sessionize error"}},
		"data of two days ago":   {old, []string{"resolve attribution/none/extract", "trigger attribution/none/sessionize critical"}},
		"nothing published yet":  {ageUnknown, []string{"resolve attribution/none/extract", "trigger attribution/none/sessionize error"}},
		"before the first stage": {early("no database"), []string{"trigger attribution/none/run error"}},
		"unpaged":                {unpaged, nil},
		"interrupted":            {interrupted(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := receivers.NewPagerDuty(t)
			n, l := page(server, Options{})
			n.End(t.Context(), c.run)
			assert.Equal(t, c.want, actions(server))
			assert.Empty(t, l.String())
		})
	}
}

func TestPageIsShortAndValid(t *testing.T) {
	server := receivers.NewPagerDuty(t)
	n, _ := page(server, Options{Env: strings.Repeat("é", 300)})
	r := early("\xff" + strings.Repeat("ü", 100_000))
	r.Rerun = strings.Repeat("r", 100_000)
	n.End(t.Context(), r)
	events, _ := server.Received()
	require.Len(t, events, 1)
	assert.Greater(t, len(events[0].Payload.Summary), summaryLimit-4)
	assert.NotContains(t, events[0].Payload.Summary, "\uFFFD")
	assert.Len(t, events[0].Payload.Details.Rerun, detailLimit)
	assert.LessOrEqual(t, len(events[0].Payload.Details.Error), detailLimit)
}

func TestSecretsAndPersonsDoNotLeave(t *testing.T) {
	withoutDatadog(t)
	server, agent, monitor := receivers.NewPagerDuty(t), receivers.NewAgent(t, "udp"), receivers.NewMonitor(t, http.StatusOK, 0)
	n, _ := page(server, Options{DogStatsD: agent.URL, HeartbeatURL: monitor.URL})
	r := early("postgres://etl:hunter2@db/x user:hunter2 of 6ba7b810-9dad-11d1-80b4-00c04fd430c8 " + receivers.RoutingKey)
	r.Rerun = "attribution run --person hunter2 --stage alias"
	n.End(t.Context(), r)
	_, bodies := server.Received()
	require.Len(t, bodies, 1)
	pings, _ := monitor.Received()
	assert.Equal(t, 1, strings.Count(bodies[0], receivers.RoutingKey), "where it belongs")
	assert.Contains(t, bodies[0], "--stage alias")
	for _, said := range []string{bodies[0], strings.Join(pings, "\n"), strings.Join(agent.Received(), "\n")} {
		assert.Contains(t, said, "postgres://[hidden]@db/x [hidden] of [hidden]")
		assert.NotContains(t, said, "hunter2")
	}
}

func TestPagerDutyIsInTroubleForAWhile(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		for action, run := range map[string]Run{"trigger": early("it broke"), "resolve": {Outcome: Done}} {
			t.Run(http.StatusText(status)+" "+action, func(t *testing.T) {
				t.Parallel()
				server := receivers.NewPagerDuty(t, status, status, http.StatusAccepted)
				n, l := page(server, Options{})
				n.End(t.Context(), run)
				got := actions(server)
				require.Len(t, got, 3)
				assert.Equal(t, []string{got[0], got[0], got[0]}, got)
				assert.Empty(t, l.String())
			})
		}
	}
}

func TestPagerDutyIsInTroubleForGood(t *testing.T) {
	t.Parallel()
	server := receivers.NewPagerDuty(t, http.StatusInternalServerError)
	n, l := page(server, Options{})
	assert.Equal(t, time.Minute, n.pager.patience)
	n.pager.patience = 3 * time.Second
	started := time.Now()
	n.End(t.Context(), failed("it broke"))
	assert.Less(t, time.Since(started), 4*time.Second)
	assert.Greater(t, len(actions(server)), 2, "tried again")
	assert.Equal(t, 2, l.warnings(), l.String())
}

func TestPagerDutyRefuses(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusTemporaryRedirect} {
		server := receivers.NewPagerDuty(t, status)
		n, l := page(server, Options{})
		n.End(t.Context(), failed("it broke"))
		assert.Len(t, actions(server), 2, "for good: not tried again, nor is a redirection followed")
		assert.Equal(t, 2, l.warnings(), "%d: %s", status, l)
		assert.NotContains(t, l.String(), receivers.RoutingKey)
	}
}

func TestPageIsTriedAgainWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	server := receivers.NewPagerDuty(t)
	n, l := page(server, Options{})
	address := server.Listener.Addr().String()
	server.Close()
	n.pager.patience = 2 * time.Second
	started := time.Now()
	n.End(t.Context(), early("it broke"))
	assert.Greater(t, time.Since(started), 400*time.Millisecond)
	assert.Contains(t, l.String(), "nobody is paged")
	assert.Contains(t, l.String(), address)
	started = time.Now()
	n.End(t.Context(), done())
	assert.Less(t, time.Since(started), 400*time.Millisecond, "a good run does not wait")
	assert.Contains(t, l.String(), "stages=extract,sessionize,run")
}

func TestHeartbeat(t *testing.T) {
	multiline := failed("it\nbroke")
	warned := done()
	warned.ExitCode, warned.Err = 5, errors.New("2 data warnings")
	for name, c := range map[string]struct {
		run  Run
		want []string
	}{
		"done":        {done(), []string{"GET /start?", "GET ?"}},
		"failed":      {multiline, []string{"GET /start?", "POST /1? sessionize: it broke"}},
		"interrupted": {interrupted(), []string{"GET /start?", "POST /4? sessionize: context canceled"}},
		"warned":      {warned, []string{"GET /start?", "POST /5? run: 2 data warnings"}},
	} {
		t.Run(name, func(t *testing.T) {
			monitor := receivers.NewMonitor(t, http.StatusOK, 0)
			n, l := open(Options{HeartbeatURL: monitor.URL})
			n.Begin(t.Context())
			n.End(t.Context(), c.run)
			pings, runs := monitor.Received()
			assert.Equal(t, c.want, pings)
			assert.Equal(t, 1, runs, "one rid")
			assert.Empty(t, l.String())
		})
	}
}

func TestHeartbeatKeepsTheQuery(t *testing.T) {
	monitor := receivers.NewMonitor(t, http.StatusOK, 0)
	n, _ := open(Options{HeartbeatURL: monitor.URL + "?create=1"})
	n.Begin(t.Context())
	n.End(t.Context(), early("no database"))
	pings, runs := monitor.Received()
	assert.Equal(t, []string{"GET /start?create=1", "POST /1?create=1 run: no database"}, pings)
	assert.Equal(t, 1, runs)
	n, _ = open(Options{HeartbeatURL: monitor.URL + "?create=1"})
	n.End(t.Context(), done())
	pings, runs = monitor.Received()
	assert.Equal(t, []string{"GET ?create=1"}, pings)
	assert.Equal(t, 1, runs)
}

func TestHeartbeatIsRefused(t *testing.T) {
	monitor := receivers.NewMonitor(t, http.StatusNotFound, 0)
	n, l := open(Options{HeartbeatURL: monitor.URL})
	n.End(t.Context(), done())
	assert.Contains(t, l.String(), "it answers 404")
	monitor.Close()
	n.End(t.Context(), done())
	assert.Equal(t, 2, l.warnings())
	assert.NotContains(t, l.String(), receivers.CheckID)
}

func TestHeartbeatIsSlow(t *testing.T) {
	t.Parallel()
	monitor := receivers.NewMonitor(t, http.StatusOK, 2*time.Second)
	n, l := open(Options{HeartbeatURL: monitor.URL})
	n.Begin(t.Context())
	started := time.Now()
	n.End(t.Context(), done())
	assert.Less(t, time.Since(started), 4*time.Second)
	pings, _ := monitor.Received()
	assert.Equal(t, []string{"GET /start?", "GET ?"}, pings, "in order")
	assert.Empty(t, l.String())
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	hole := "http://" + receivers.BlackHole(t)
	n, l := open(Options{RoutingKey: receivers.RoutingKey, EventsEndpoint: hole, HeartbeatURL: hole + "/" + receivers.CheckID})
	n.Begin(t.Context())
	started := time.Now()
	n.End(t.Context(), done())
	assert.Less(t, time.Since(started), heartbeatOrder+heartbeatTimeout+time.Second)
	assert.Contains(t, l.String(), "stages=extract,sessionize,run")
	assert.NotContains(t, l.String(), receivers.RoutingKey)
	assert.NotContains(t, l.String(), receivers.CheckID)
}

func TestNothingConfigured(t *testing.T) {
	withoutDatadog(t)
	t.Setenv("DD_AGENT_HOST", "agent.invalid") // not enabled: not looked at
	n, l := open(Options{Env: "test", EventsEndpoint: "not looked at"})
	for _, n := range []*Notifier{nil, n, New(Options{})} {
		n.Begin(t.Context())
		n.End(t.Context(), failed("it broke"))
	}
	assert.Empty(t, l.String())
}

func TestNoAddress(t *testing.T) {
	n, l := open(Options{HeartbeatURL: "http://" + receivers.CheckID + "\x7f", RoutingKey: receivers.RoutingKey, EventsEndpoint: "ftp://x"})
	n.pager.patience = 100 * time.Millisecond
	n.Begin(t.Context())
	n.End(t.Context(), failed("it broke"))
	assert.Equal(t, 3, l.warnings(), l.String())
	assert.NotContains(t, l.String(), receivers.CheckID)
}
