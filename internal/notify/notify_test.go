package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func (l *log) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func open(t *testing.T, o Options) (*Notifier, *log) {
	t.Helper()
	l := &log{}
	o.Log = l.logger()
	n, err := New(o)
	require.NoError(t, err)
	t.Cleanup(n.Close)
	return n, l
}

// withoutDatadog empties the environment datadog-go reads.
func withoutDatadog(t *testing.T) {
	t.Helper()
	for _, name := range []string{"DD_DOGSTATSD_URL", "DD_AGENT_HOST", "DD_DOGSTATSD_PORT", "DD_ENV", "DD_SERVICE", "DD_VERSION", "DD_ENTITY_ID", "DD_EXTERNAL_ENV", "DD_CARDINALITY", "DATADOG_CARDINALITY"} {
		t.Setenv(name, "")
	}
	t.Setenv("DD_ORIGIN_DETECTION_ENABLED", "false")
}

// An agent is a UDP listener.
func agent(t *testing.T) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// received are the lines that came, sorted, want of them or more: "name value type
// tags" or "_sc name status tags", with the tags sorted.
func received(t *testing.T, conn net.PacketConn, want int) []string {
	t.Helper()
	var lines []string
	buf := make([]byte, 64<<10)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	for len(lines) < want {
		size, _, err := conn.ReadFrom(buf)
		require.NoError(t, err, "received so far: %q", lines)
		for line := range strings.Lines(string(buf[:size])) {
			lines = append(lines, parse(t, strings.TrimSpace(line)))
		}
	}
	slices.Sort(lines)
	return lines
}

func parse(t *testing.T, line string) string {
	t.Helper()
	fields := strings.Split(line, "|")
	var head []string
	if fields[0] == "_sc" {
		require.Len(t, fields, 4, line)
		head, fields = fields[:3], fields[3:]
	} else {
		require.Len(t, fields, 3, line)
		name, value, found := strings.Cut(fields[0], ":")
		require.True(t, found, line)
		head, fields = []string{name, value, fields[1]}, fields[2:]
	}
	list, found := strings.CutPrefix(fields[0], "#")
	require.True(t, found, line)
	tags := strings.Split(list, ",")
	slices.Sort(tags)
	return strings.Join(append(head, strings.Join(tags, ",")), " ")
}

func TestNumbers(t *testing.T) {
	withoutDatadog(t)
	conn := agent(t)
	n, l := open(t, Options{Env: "test", DogStatsD: "udp://" + conn.LocalAddr().String()})
	n.StageDone("extract", Done, 1500*time.Millisecond, 100, 20, 3, 1)
	n.StageDone("alias", Failed, time.Minute, 7, 0, 0, 4)
	n.RunDone(t.Context(), Failed, 90*time.Second)
	n.Close()
	assert.Equal(t, []string{
		"_sc attribution.run 2 env:test",
		"attribution.run.duration 90 g env:test,outcome:failed",
		"attribution.run.success 0 g env:test",
		"attribution.stage.attempts 1 g env:test,outcome:done,stage:extract",
		"attribution.stage.attempts 4 g env:test,outcome:failed,stage:alias",
		"attribution.stage.duration 1.5 g env:test,outcome:done,stage:extract",
		"attribution.stage.duration 60 g env:test,outcome:failed,stage:alias",
		"attribution.stage.rows 100 g env:test,outcome:done,stage:extract",
		"attribution.stage.rows 7 g env:test,outcome:failed,stage:alias",
		"attribution.stage.rows_changed 0 g env:test,outcome:failed,stage:alias",
		"attribution.stage.rows_changed 20 g env:test,outcome:done,stage:extract",
		"attribution.stage.rows_rejected 0 g env:test,outcome:failed,stage:alias",
		"attribution.stage.rows_rejected 3 g env:test,outcome:done,stage:extract",
	}, received(t, conn, 13))
	n.StageDone("extract", Done, 0, 0, 0, 0, 0) // too late, and harmless
	n.RunDone(t.Context(), Done, 0)
	n.Close()
	assert.Empty(t, l.String())
}

func TestOutcomesOfARun(t *testing.T) {
	withoutDatadog(t)
	for outcome, want := range map[string][]string{
		Done:        {"_sc attribution.run 0 env:none", "attribution.run.success 1 g env:none"},
		Interrupted: {"_sc attribution.run 1 env:none", "attribution.run.success 0 g env:none"},
		Failed:      {"_sc attribution.run 2 env:none", "attribution.run.success 0 g env:none"},
	} {
		conn := agent(t)
		n, _ := open(t, Options{DogStatsD: conn.LocalAddr().String()})
		n.RunDone(t.Context(), outcome, time.Second)
		n.Close()
		assert.Subset(t, received(t, conn, 3), want, outcome)
	}
}

func TestAgentFromTheEnvironment(t *testing.T) {
	withoutDatadog(t)
	conn := agent(t)
	t.Setenv("DD_DOGSTATSD_URL", "udp://"+conn.LocalAddr().String())
	t.Setenv("DD_ENV", "production")
	n, l := open(t, Options{Env: "test", EnableDatadog: true})
	n.RunDone(t.Context(), Done, time.Second)
	n.Close()
	assert.Equal(t, []string{
		"_sc attribution.run 0 env:production",
		"attribution.run.duration 1 g env:production,outcome:done",
		"attribution.run.success 1 g env:production",
	}, received(t, conn, 3))
	assert.Empty(t, l.String())
}

func TestTagsCannotBreakOut(t *testing.T) {
	withoutDatadog(t)
	conn := agent(t)
	n, _ := open(t, Options{Env: "a|b,c:d\ne", DogStatsD: conn.LocalAddr().String()})
	n.StageDone("x|y", "relation \"z\"", time.Second, 1, 1, 1, 1)
	n.Close()
	for _, line := range received(t, conn, 5) {
		assert.True(t, strings.HasSuffix(line, " 1 g env:a_b_c_d_e,outcome:relation__z_,stage:x_y"), line)
	}
}

func TestClosedPort(t *testing.T) {
	withoutDatadog(t)
	conn := agent(t)
	address := conn.LocalAddr().String()
	conn.Close()
	n, l := open(t, Options{DogStatsD: address})
	started := time.Now()
	for range 3 {
		n.StageDone("extract", Done, time.Second, 1, 1, 1, 1)
		n.RunDone(t.Context(), Done, time.Second)
		require.NoError(t, n.metrics.client.Flush()) // the refusal shows in the next packet
	}
	n.Close()
	assert.Less(t, time.Since(started), 3*time.Second)
	assert.LessOrEqual(t, strings.Count(l.String(), "\n"), 1, "warns once")
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
			n, l := open(t, o)
			n.StageDone("extract", Done, time.Second, 1, 1, 1, 1)
			n.RunDone(t.Context(), Done, time.Second)
			n.Close()
			assert.Less(t, time.Since(started), 2*statsdTimeout+time.Second)
			assert.Equal(t, 1, strings.Count(l.String(), "level=WARN"), l.String())
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
	path := filepath.Join(t.TempDir(), "agent.socket")
	conn, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Log("no Unix datagram sockets here:", err)
		return
	}
	defer conn.Close()
	n, _ := open(t, Options{DogStatsD: "unix://" + path})
	started := time.Now()
	for range 20_000 { // service checks are not aggregated
		n.RunDone(t.Context(), Done, time.Second)
	}
	n.Close()
	assert.Less(t, time.Since(started), statsdTimeout+3*time.Second)
}

// A pagerDuty is PagerDuty's events API as a test sees it.
type pagerDuty struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

func newPagerDuty(t *testing.T, status int, answer string) *pagerDuty {
	t.Helper()
	s := &pagerDuty{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "/v2/enqueue", r.URL.Path)
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Empty(t, r.Header.Get("Authorization"))
		s.mu.Lock()
		s.bodies = append(s.bodies, string(body))
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

const (
	accepted = `{"status":"success","message":"Event processed","dedup_key":"k"}`
	key      = "R0UT1NGK3Y"
)

func TestPage(t *testing.T) {
	server := newPagerDuty(t, http.StatusAccepted, accepted)
	n, l := open(t, Options{Env: "test", RoutingKey: key + "\n", EventsEndpoint: server.URL + "/"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the run was stopped: the page still goes
	n.Page(ctx, "extract", "relation \"events\"\ndoes not exist", "attribution run --stage extract")
	require.Len(t, server.bodies, 1)
	assert.JSONEq(t, `{
		"routing_key": "R0UT1NGK3Y",
		"event_action": "trigger",
		"dedup_key": "attribution/test/extract",
		"client": "attribution",
		"payload": {
			"summary": "attribution test: extract failed: relation \"events\" does not exist",
			"source": "attribution/test",
			"severity": "error",
			"component": "extract",
			"group": "test",
			"custom_details": {
				"stage": "extract",
				"error": "relation \"events\"\ndoes not exist",
				"rerun": "attribution run --stage extract"
			}
		}
	}`, server.bodies[0])
	assert.Empty(t, l.String())
}

func TestResolve(t *testing.T) {
	server := newPagerDuty(t, http.StatusAccepted, accepted)
	n, l := open(t, Options{Env: "test", RoutingKey: key, EventsEndpoint: server.URL + "/v2/enqueue"})
	n.Resolve(t.Context(), "extract", "alias")
	slices.Sort(server.bodies)
	require.Len(t, server.bodies, 2)
	assert.JSONEq(t, `{"routing_key": "R0UT1NGK3Y", "event_action": "resolve", "dedup_key": "attribution/test/alias"}`, server.bodies[0])
	assert.JSONEq(t, `{"routing_key": "R0UT1NGK3Y", "event_action": "resolve", "dedup_key": "attribution/test/extract"}`, server.bodies[1])
	n.Resolve(t.Context())
	assert.Len(t, server.bodies, 2)
	assert.Empty(t, l.String())
}

func TestPageIsShortAndValid(t *testing.T) {
	server := newPagerDuty(t, http.StatusAccepted, accepted)
	n, _ := open(t, Options{Env: strings.Repeat("é", 300), RoutingKey: key, EventsEndpoint: server.URL})
	n.Page(t.Context(), strings.Repeat("s", 300), "\xff"+strings.Repeat("ü", 100_000), strings.Repeat("r", 100_000))
	require.Len(t, server.bodies, 1)
	var event struct {
		DedupKey string `json:"dedup_key"`
		Payload  struct {
			Summary string            `json:"summary"`
			Details map[string]string `json:"custom_details"`
		} `json:"payload"`
	}
	require.NoError(t, json.Unmarshal([]byte(server.bodies[0]), &event))
	assert.LessOrEqual(t, len(event.DedupKey), 255)
	assert.LessOrEqual(t, len(event.Payload.Summary), summaryLimit)
	assert.Greater(t, len(event.Payload.Summary), summaryLimit-4)
	assert.NotContains(t, event.Payload.Summary, "\uFFFD")
	for name, text := range event.Payload.Details {
		assert.LessOrEqual(t, len(text), detailLimit, name)
	}
}

func TestPageHidesSecretsAndPersons(t *testing.T) {
	server := newPagerDuty(t, http.StatusAccepted, accepted)
	n, _ := open(t, Options{Env: "test", RoutingKey: key, EventsEndpoint: server.URL})
	n.Page(t.Context(), "extract", strings.Join([]string{
		"postgres://etl:hunter2@db/x", "password=hunter2", "PGPASSWORD='hunter2 hunter2'", `{"token": "hunter2"}`, key,
		"user:hunter2", `person "hunter2": no such`, `invalid input syntax for type uuid: "hunter2 "hunter2" x" (SQLSTATE 22P02)`,
		`value "hunter2" is out of range`, "Key (user_id, at)=(hunter2, (2)) already exists", "mail to hunter2@mail.example.com, hunter2%40mail.example.com",
		"of 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	}, "\n"), `attribution run --person hunter2 --person=anon:hunter2 --person 'hunter2 x' --stage alias`)
	require.Len(t, server.bodies, 1)
	body := strings.Replace(server.bodies[0], `"routing_key":"`+key+`"`, "", 1)
	for _, secret := range []string{"hunter2", key, "6ba7b810", "00c04fd430c8"} {
		assert.NotContains(t, body, secret)
	}
	assert.Contains(t, body, "--stage alias")
	for _, harmless := range []string{
		`ERROR: relation "events" does not exist (SQLSTATE 42P01)`,
		"failed to connect to `user=etl database=x`: 127.0.0.1:5432 (localhost): dial error",
		"FATAL: password authentication failed for user \"etl\"",
		"attribution run --stage alias --month 2026-03",
	} {
		assert.Equal(t, harmless, hide(harmless))
	}
}

func TestPagerDutyRefuses(t *testing.T) {
	for status, answer := range map[int]string{
		http.StatusBadRequest:          `{"status":"invalid event","message":"Event object is invalid","errors":["` + key + ` is no key"]}`,
		http.StatusTooManyRequests:     ``,
		http.StatusInternalServerError: `<html>`,
		http.StatusTemporaryRedirect:   ``,
		http.StatusAccepted:            `not JSON`,
	} {
		server := newPagerDuty(t, status, answer)
		n, l := open(t, Options{RoutingKey: key, EventsEndpoint: server.URL})
		n.Page(t.Context(), "extract", "it broke", "attribution run")
		n.Resolve(t.Context(), "extract", "alias")
		assert.Equal(t, 2, strings.Count(l.String(), "level=WARN"), "%d: %s", status, l)
		assert.NotContains(t, l.String(), key)
		assert.Len(t, server.bodies, 3, "a redirection is not followed: %d", status)
	}
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	require.NoError(t, err)
	defer hole.Close()
	n, l := open(t, Options{RoutingKey: key, EventsEndpoint: "http://" + hole.Addr().String()})
	var both sync.WaitGroup
	started := time.Now()
	both.Go(func() { n.Page(t.Context(), "extract", "it broke", "attribution run") })
	both.Go(func() { n.Resolve(t.Context(), "1", "2", "3", "4", "5", "6", "7", "8") })
	both.Wait()
	n.Close()
	assert.Less(t, time.Since(started), pageTimeout+2*time.Second)
	assert.Equal(t, 2, strings.Count(l.String(), "level=WARN"), l.String())
	assert.Contains(t, l.String(), "stages=1,2,3,4,5,6,7,8")
	assert.NotContains(t, l.String(), key)
}

func TestNothingConfigured(t *testing.T) {
	withoutDatadog(t)
	t.Setenv("DD_AGENT_HOST", "agent.invalid") // not enabled: not looked at
	n, l := open(t, Options{Env: "test", EventsEndpoint: "not looked at"})
	for _, n := range []*Notifier{nil, n} {
		n.StageDone("extract", Done, time.Second, 1, 1, 1, 1)
		n.RunDone(t.Context(), Done, time.Second)
		n.Page(t.Context(), "extract", "it broke", "attribution run")
		n.Resolve(t.Context(), "extract")
		n.Close()
	}
	assert.Empty(t, l.String())
	n, err := New(Options{}) // without a log, too
	require.NoError(t, err)
	n.Close()
}

func TestEndpointIsNoAddress(t *testing.T) {
	for _, endpoint := range []string{"events.pagerduty.com", "ftp://x", "https://", "https://u:hunter2@x", "https://x?k=hunter2", "https://x/#a", "http://hunter2\x7f"} {
		_, err := New(Options{RoutingKey: key, EventsEndpoint: endpoint})
		require.Error(t, err, endpoint)
		assert.NotContains(t, err.Error(), "hunter2")
		assert.NotContains(t, err.Error(), key)
	}
}
