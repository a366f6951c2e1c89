// Package receivers is whom a run tells, for tests: real local servers that speak
// DogStatsD, PagerDuty's Events API v2 and healthchecks.io's pings, are strict about
// what they take, and remember it.
package receivers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An Agent is a Datadog agent.
type Agent struct {
	t    *testing.T
	conn net.PacketConn
	URL  string // as DD_DOGSTATSD_URL has it
}

// NewAgent listens on a port of its own (network udp) or on a socket (unixgram).
func NewAgent(t *testing.T, network string) *Agent {
	t.Helper()
	address, scheme := "127.0.0.1:0", "udp://"
	if network == "unixgram" {
		address, scheme = filepath.Join(socketDir(t), "dsd.socket"), "unix://"
	}
	conn, err := net.ListenPacket(network, address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // Close may have come first
	return &Agent{t: t, conn: conn, URL: scheme + conn.LocalAddr().String()}
}

// socketDir is a folder whose path is short enough for a socket's.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dsd")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Close stops listening.
func (a *Agent) Close() { require.NoError(a.t, a.conn.Close()) }

// Received is what came since it was last asked, sorted, with sorted tags:
//
//	attribution.run.success 1 g env:test
//	_sc attribution.run 0 env:test
//	_e KEY TYPE TAGS TITLE | TEXT
//
// What a process sent before it ended is there.
func (a *Agent) Received() (lines []string) {
	a.t.Helper()
	buf := make([]byte, 64<<10)
	for {
		require.NoError(a.t, a.conn.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
		size, _, err := a.conn.ReadFrom(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			slices.Sort(lines)
			return lines
		}
		require.NoError(a.t, err)
		for line := range strings.Lines(string(buf[:size])) {
			lines = append(lines, a.parse(strings.TrimSuffix(line, "\n")))
		}
	}
}

// parse reads a line of DogStatsD.
func (a *Agent) parse(line string) string {
	a.t.Helper()
	if rest, isEvent := strings.CutPrefix(line, "_e{"); isEvent {
		return a.event(rest)
	}
	fields := strings.Split(line, "|")
	var head []string
	if fields[0] == "_sc" {
		require.Len(a.t, fields, 4, line)
		head, fields = fields[:3], fields[3:]
	} else {
		require.Len(a.t, fields, 3, line)
		name, value, found := strings.Cut(fields[0], ":")
		require.True(a.t, found, line)
		require.Regexp(a.t, `^[A-Za-z][A-Za-z0-9_.]{0,199}$`, name)
		_, err := strconv.ParseFloat(value, 64)
		require.NoError(a.t, err, line)
		head, fields = []string{name, value, fields[1]}, fields[2:]
	}
	return strings.Join(append(head, a.tags(fields[0])), " ")
}

// event reads the rest of "_e{5,4}:title|text|k:key|t:error|#tags".
func (a *Agent) event(rest string) string {
	a.t.Helper()
	var title, text int
	_, err := fmt.Sscanf(rest, "%d,%d}:", &title, &text)
	require.NoError(a.t, err, rest)
	_, rest, _ = strings.Cut(rest, ":")
	require.Greater(a.t, len(rest), title+1+text, "the lengths are those of the texts")
	require.Equal(a.t, byte('|'), rest[title], rest)
	words, more := rest[:title]+" | "+rest[title+1:title+1+text], rest[title+1+text:]
	var key, kind, tags string
	for _, f := range strings.Split(strings.TrimPrefix(more, "|"), "|") {
		switch {
		case strings.HasPrefix(f, "k:"):
			key = f[2:]
		case strings.HasPrefix(f, "t:"):
			kind = f[2:]
		case strings.HasPrefix(f, "#"):
			tags = a.tags(f)
		default:
			require.Fail(a.t, "no field of an event: "+f)
		}
	}
	return strings.Join([]string{"_e", key, kind, tags, words}, " ")
}

func (a *Agent) tags(field string) string {
	a.t.Helper()
	list, found := strings.CutPrefix(field, "#")
	require.True(a.t, found, field)
	tags := strings.Split(list, ",")
	slices.Sort(tags)
	return strings.Join(tags, ",")
}

// RoutingKey is the key PagerDuty knows.
const RoutingKey = "0123456789abcdef0123456789abcdef"

// An Event is one of PagerDuty's Events API v2.
type Event struct {
	RoutingKey string  `json:"routing_key"`
	Action     string  `json:"event_action"`
	DedupKey   string  `json:"dedup_key"`
	Client     string  `json:"client"`
	Payload    Payload `json:"payload"`
	Links      []struct {
		Href string `json:"href"`
		Text string `json:"text"`
	} `json:"links"`
}

// A Payload is what an event that triggers says.
type Payload struct {
	Summary   string `json:"summary"`
	Source    string `json:"source"`
	Severity  string `json:"severity"`
	Timestamp string `json:"timestamp"`
	Component string `json:"component"`
	Group     string `json:"group"`
	Details   struct {
		Stage string `json:"stage"`
		Error string `json:"error"`
		Run   int64  `json:"run"`
		Rerun string `json:"rerun"`
		Host  string `json:"host"`
	} `json:"custom_details"`
}

// A PagerDuty takes events.
type PagerDuty struct {
	*httptest.Server
	mu      sync.Mutex
	events  []Event
	bodies  []string
	answers []int
}

// NewPagerDuty answers each request with the next of answers, and the last from then
// on; none: 202. An event that the API would refuse fails the test, and gets 400.
func NewPagerDuty(t *testing.T, answers ...int) *PagerDuty {
	t.Helper()
	p := &PagerDuty{answers: answers}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		var e Event
		wrong := check(r, body, &e)
		assert.Empty(t, wrong, string(body))
		status := http.StatusBadRequest
		if len(wrong) == 0 {
			status = p.take(e, string(body))
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		switch {
		case status == http.StatusAccepted:
			_ = json.NewEncoder(w).Encode(map[string]string{"status": "success", "message": "Event processed", "dedup_key": e.DedupKey})
		case status >= 500:
			_, _ = io.WriteString(w, "<html>") // of the load balancer
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": wrong})
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *PagerDuty) take(e Event, body string) (answer int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events, p.bodies = append(p.events, e), append(p.bodies, body)
	if len(p.answers) == 0 {
		return http.StatusAccepted
	}
	answer = p.answers[0]
	if len(p.answers) > 1 {
		p.answers = p.answers[1:]
	}
	return answer
}

// Received is what came since it was last asked, by deduplication key.
func (p *PagerDuty) Received() (events []Event, bodies []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	events, bodies = p.events, p.bodies
	p.events, p.bodies = nil, nil
	slices.SortStableFunc(events, func(a, b Event) int { return strings.Compare(a.DedupKey, b.DedupKey) })
	return events, bodies
}

// check is what the API would find wrong. Source: the OpenAPI schema of Events v2.
func check(r *http.Request, body []byte, e *Event) (wrong []string) {
	must := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	must(r.Method == http.MethodPost && r.URL.Path == "/v2/enqueue" && r.URL.RawQuery == "", "not POST /v2/enqueue")
	must(r.Header.Get("Content-Type") == "application/json", "Content-Type")
	must(r.Header.Get("Authorization") == "", "the API takes no authorization")
	must(len(body) <= 512<<10, "more than 512 KB")
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return append(wrong, err.Error())
	}
	must(e.RoutingKey == RoutingKey, "routing_key")
	must(slices.Contains([]string{"trigger", "acknowledge", "resolve"}, e.Action), "event_action")
	must(len(e.DedupKey) <= 255, "dedup_key")
	if e.Action != "trigger" {
		must(e.DedupKey != "", "dedup_key is missing")
		return wrong
	}
	must(e.Payload.Summary != "" && len(e.Payload.Summary) <= 1024, "summary")
	must(e.Payload.Source != "", "source")
	must(slices.Contains([]string{"critical", "error", "warning", "info"}, e.Payload.Severity), "severity")
	_, err := time.Parse(time.RFC3339, e.Payload.Timestamp)
	must(err == nil, "timestamp")
	for _, l := range e.Links {
		u, err := url.Parse(l.Href)
		must(err == nil && u.Host != "" && l.Text != "", "links")
	}
	return wrong
}

// A Monitor is a heartbeat monitor.
type Monitor struct {
	*httptest.Server
	URL   string // of the check
	mu    sync.Mutex
	pings []string
	rids  map[string]bool
}

// CheckID is the secret part of the check's address.
const CheckID = "5e1f-secret-check"

// NewMonitor answers each request with status after a delay, or when the request is
// given up.
func NewMonitor(t *testing.T, status int, delay time.Duration) *Monitor {
	t.Helper()
	m := &Monitor{rids: map[string]bool{}}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		query := r.URL.Query()
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, query.Get("rid"))
		path, ours := strings.CutPrefix(r.URL.Path, "/ping/"+CheckID)
		assert.True(t, ours, r.URL.Path)
		m.mu.Lock()
		m.rids[query.Get("rid")] = true
		query.Del("rid")
		m.pings = append(m.pings, strings.TrimSpace(r.Method+" "+path+"?"+query.Encode()+" "+string(body)))
		m.mu.Unlock()
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(m.Close)
	m.URL = m.Server.URL + "/ping/" + CheckID
	return m
}

// Received is what came since it was last asked, in order, "METHOD /PATH?QUERY BODY"
// below the check's address and without the rid, and of how many runs.
func (m *Monitor) Received() (pings []string, runs int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	pings, runs = m.pings, len(m.rids)
	m.pings, m.rids = nil, map[string]bool{}
	return pings, runs
}

// BlackHole takes connections at an address and never answers.
func BlackHole(t *testing.T) (address string) {
	t.Helper()
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, hole.Close()) })
	return hole.Addr().String()
}
