package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/receivers"
)

// A told is a database whose runs tell an agent, a PagerDuty and a monitor.
type told struct {
	t         *testing.T
	url       string
	agent     *receivers.Agent
	pagerDuty *receivers.PagerDuty
	monitor   *receivers.Monitor
}

func newTold(t *testing.T) *told {
	t.Helper()
	return &told{t, testkit.Database(t), receivers.NewAgent(t, "udp"), receivers.NewPagerDuty(t), receivers.NewMonitor(t, http.StatusOK, 0)}
}

// command is the real program, told of all three; env wins over that.
func (d *told) command(env []string, args ...string) *exec.Cmd {
	d.t.Helper()
	program, err := exec.LookPath("attribution")
	require.NoError(d.t, err)
	cmd := exec.Command(program, args...)
	cmd.Dir = d.t.TempDir()
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "DATABASE_URL=" + d.url, "ATTRIBUTION_SOURCES=website", "ATTRIBUTION_RETRY_MAX_ELAPSED=0s",
		"ATTRIBUTION_NOTIFY_ENV=test", "ATTRIBUTION_NOTIFY_RUNBOOK_URL=https://wiki.example.com/attribution",
		"ATTRIBUTION_NOTIFY_PAGERDUTY_ROUTING_KEY=" + receivers.RoutingKey, "ATTRIBUTION_NOTIFY_PAGERDUTY_ENDPOINT=" + d.pagerDuty.URL,
		"ATTRIBUTION_NOTIFY_HEARTBEAT_URL=" + d.monitor.URL, "DD_DOGSTATSD_URL=" + d.agent.URL, "DD_ORIGIN_DETECTION_ENABLED=false",
	}, env...)
	return cmd
}

// run runs the program and returns its log.
func (d *told) run(code int, env []string, args ...string) (stderr string) {
	d.t.Helper()
	cmd := d.command(env, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	_ = cmd.Run() // the code says it
	require.Equal(d.t, code, cmd.ProcessState.ExitCode(), log.String())
	return log.String()
}

// exec runs statements in the database.
func (d *told) exec(sql string) {
	d.t.Helper()
	conn, err := pgx.Connect(d.t.Context(), d.url)
	require.NoError(d.t, err)
	defer conn.Close(d.t.Context())
	_, err = conn.Exec(d.t.Context(), sql)
	require.NoError(d.t, err)
}

// pages are the events that came, "action key severity rerun".
func (d *told) pages() (list []string) {
	events, _ := d.pagerDuty.Received()
	for _, e := range events {
		list = append(list, strings.TrimSpace(strings.Join([]string{e.Action, e.DedupKey, e.Payload.Severity, e.Payload.Details.Rerun}, " ")))
		if e.Action == "trigger" {
			assert.Len(d.t, e.Links, 1)
			assert.NotEmpty(d.t, e.Payload.Details.Host)
		}
	}
	return list
}

// pings are what the monitor heard, of one run.
func (d *told) pings() []string {
	pings, runs := d.monitor.Received()
	assert.LessOrEqual(d.t, runs, 1)
	return pings
}

// numbers are the agent's lines that are the same each time: durations are 0.
func (d *told) numbers() (lines []string) {
	for _, line := range d.agent.Received() {
		fields := strings.Fields(line)
		if strings.HasSuffix(fields[0], ".duration") {
			fields[1] = "0"
		}
		lines = append(lines, strings.Join(fields, " "))
	}
	return lines
}

// missingColumn is why stage 1 fails on tracks.
const missingColumn = "table website.tracks: required column received_at is missing: Segment always writes it; check Selective Sync or the view"

const tracks = `CREATE SCHEMA website; CREATE TABLE website.tracks (id varchar(1024), anonymous_id text, user_id text, event text, timestamp timestamptz)`

// TestRunsAreTold runs the program through its failures, in the order of a bad week,
// and sees exactly what arrives.
func TestRunsAreTold(t *testing.T) {
	t.Parallel()
	d := newTold(t)
	critical := []string{"_sc attribution.run 2 env:test", "attribution.run.duration 0 g env:test,outcome:failed", "attribution.run.success 0 g env:test"}
	event := func(stage, text string) string {
		return "_e attribution/test/" + stage + " error env:test,stage:" + stage + " attribution test: " + stage + " failed | " + text
	}

	// The tables are missing.
	d.run(2, nil, "run")
	assert.Equal(t, []string{"trigger attribution/test/run error attribution run"}, d.pages())
	const missing = `the database has none of our tables yet: run "attribution migrate"`
	assert.Equal(t, []string{"POST /2? run: " + missing}, d.pings())
	assert.Equal(t, append([]string{event("run", missing+".")}, critical...), d.numbers())

	// A setting is wrong: nobody is paged.
	d.run(2, []string{"ATTRIBUTION_SESSION_GAP=48h"}, "run")
	assert.Empty(t, d.pages())
	const gap = "configuration: session_gap: 48h0m0s is not above 0 and at most 24h"
	assert.Equal(t, []string{"POST /2? run: " + gap}, d.pings())
	assert.Equal(t, append([]string{event("run", gap+".")}, critical...), d.numbers())

	// No other command tells anybody.
	d.run(0, nil, "migrate")
	d.run(0, nil, "status")
	d.run(2, nil, "run", "--stage", "nope")
	assert.Empty(t, append(append(d.pages(), d.pings()...), d.numbers()...))

	// The database cannot be reached.
	d.run(1, []string{"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/x"}, "run")
	assert.Equal(t, []string{"trigger attribution/test/run error attribution run"}, d.pages())
	assert.Len(t, d.pings(), 1)
	assert.Subset(t, d.numbers(), critical)

	// A stage fails.
	d.exec(tracks)
	d.run(1, nil, "run", "--full", "--to-stage", "attribute")
	assert.Equal(t, []string{"trigger attribution/test/extract error attribution run --to-stage attribute --full"}, d.pages())
	assert.Equal(t, []string{"GET /start?", "POST /1? extract: " + missingColumn}, d.pings())
	assert.Equal(t, []string{
		event("extract", missingColumn+"."),
		critical[0], critical[1], critical[2],
		"attribution.stage.attempts 1 g env:test,outcome:failed,stage:extract",
		"attribution.stage.duration 0 g env:test,outcome:failed,stage:extract",
		"attribution.stage.rows 0 g env:test,outcome:failed,stage:extract",
		"attribution.stage.rows_changed 0 g env:test,outcome:failed,stage:extract",
	}, d.numbers())

	// It is mended: each incident is resolved once.
	d.exec(`ALTER TABLE website.tracks ADD COLUMN received_at timestamptz;
		INSERT INTO website.tracks VALUES ('m1', 'a1', 'u1', 'Signed Up', now() - interval '3 days', now() - interval '3 days'), ('m2', '', '', 'Looked', now(), now() - interval '3 days')`)
	d.run(0, nil, "run")
	var resolved []string
	for _, name := range []string{"alias", "attribute", "extract", "realias", "reindex", "resessionize", "run", "sessionize", "signup"} {
		resolved = append(resolved, "resolve attribution/test/"+name)
	}
	assert.Equal(t, resolved, d.pages())
	assert.Equal(t, []string{"GET /start?", "GET ?"}, d.pings())
	numbers := d.numbers()
	assert.Subset(t, numbers, []string{
		"_sc attribution.run 0 env:test", "attribution.run.duration 0 g env:test,outcome:done", "attribution.run.success 1 g env:test",
		"attribution.data.rows_rejected 1 g env:test,stage:extract", "attribution.data.signed_up_persons 1 g env:test,stage:attribute",
	})
	for _, s := range stages.All() {
		assert.Contains(t, numbers, "attribution.stage.duration 0 g env:test,outcome:done,stage:"+s.Name)
	}
	fresh := 0
	for _, line := range numbers {
		assert.NotContains(t, line, "_e ")
		if strings.HasPrefix(line, "attribution.data.freshness 2592") { // three days
			fresh++
		}
	}
	assert.Equal(t, 1, fresh, numbers)

	// It fails again, and what is published is three days old.
	d.exec("ALTER TABLE website.tracks DROP COLUMN received_at")
	log := d.run(1, nil, "run", "--log-format", "json")
	assert.Equal(t, []string{"trigger attribution/test/extract critical attribution run"}, d.pages())
	assert.Equal(t, []string{
		"INFO stage ended run_id=3 stage=extract attempt=1 outcome=failed ms rows=0",
		"INFO run ended run_id=3 outcome=failed exit_code=1 ms",
		"ERROR stage extract: " + missingColumn + " run_id=3 stage=extract attempt=1 exit_code=1",
	}, logged(t, log))
	d.pings()
	d.numbers()

	// Another run is at work: that one tells.
	conn, err := pgx.Connect(t.Context(), d.url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('attribution attribution_ops', 0))")
	require.NoError(t, err)
	d.run(3, nil, "run")
	assert.Empty(t, append(append(d.pages(), d.pings()...), d.numbers()...))
	require.NoError(t, conn.Close(t.Context()))
}

// logged are the lines of a log in JSON: level, message and what can be compared.
func logged(t *testing.T, log string) (lines []string) {
	t.Helper()
	for s := bufio.NewScanner(strings.NewReader(log)); s.Scan(); {
		var line map[string]any
		require.NoError(t, json.Unmarshal(s.Bytes(), &line), s.Text())
		text := line["level"].(string) + " " + line["msg"].(string)
		for _, key := range []string{"run_id", "stage", "attempt", "outcome", "exit_code", "ms", "rows", "sqlstate"} {
			switch v := line[key].(type) {
			case nil:
			case float64:
				if key == "ms" {
					text += " ms"
					continue
				}
				number, err := json.Marshal(v)
				require.NoError(t, err)
				text += " " + key + "=" + string(number)
			case string:
				text += " " + key + "=" + v
			}
		}
		lines = append(lines, text)
	}
	return lines
}

// TestUsedUpRetriesAreToldOnce sees one page after all attempts, and what the log says
// of each.
func TestUsedUpRetriesAreToldOnce(t *testing.T) {
	t.Parallel()
	d := newTold(t)
	d.run(0, nil, "migrate")
	d.exec(tracks + "; ALTER TABLE website.tracks ADD COLUMN received_at timestamptz")
	conn, err := pgx.Connect(t.Context(), d.url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE website.tracks IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	u, err := url.Parse(d.url)
	require.NoError(t, err)
	query := u.Query()
	query.Set("lock_timeout", "50ms")
	u.RawQuery = query.Encode()
	log := d.run(1, []string{"ATTRIBUTION_RETRY_MAX_ELAPSED=2s", "DATABASE_URL=" + u.String()}, "run", "--log-format", "json")
	assert.Equal(t, []string{"trigger attribution/test/extract error attribution run"}, d.pages())
	lines := logged(t, log)
	assert.Equal(t, "WARN stage failed, trying again run_id=1 stage=extract attempt=1 sqlstate=55P03", lines[0])
	last := lines[len(lines)-1]
	assert.True(t, strings.HasPrefix(last, "ERROR stage extract: "), last)
	assert.Regexp(t, ` run_id=1 stage=extract attempt=[2-9] exit_code=1 sqlstate=55P03$`, last)
}

// TestAnInterruptedRunIsTold sends SIGTERM to a run that waits for a lock, and sees
// that all is sent before it ends, and nobody paged.
func TestAnInterruptedRunIsTold(t *testing.T) {
	t.Parallel()
	d := newTold(t)
	d.run(0, nil, "migrate")
	d.exec(tracks + "; ALTER TABLE website.tracks ADD COLUMN received_at timestamptz")
	conn, err := pgx.Connect(t.Context(), d.url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE website.tracks IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	cmd := d.command(nil, "run", "--log-format", "json")
	var log bytes.Buffer
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	waits := func() (waiting bool) {
		err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'website.tracks'::regclass)").Scan(&waiting)
		return err == nil && waiting
	}
	assert.Eventually(t, waits, time.Minute, 20*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // the code says it
	require.Equal(t, 4, cmd.ProcessState.ExitCode(), log.String())
	assert.Empty(t, d.pages())
	pings := d.pings()
	require.Len(t, pings, 2)
	assert.Equal(t, "GET /start?", pings[0])
	assert.True(t, strings.HasPrefix(pings[1], "POST /4? extract: "), pings[1])
	assert.Equal(t, []string{
		"_sc attribution.run 1 env:test",
		"attribution.run.duration 0 g env:test,outcome:interrupted",
		"attribution.run.success 0 g env:test",
		"attribution.stage.attempts 1 g env:test,outcome:interrupted,stage:extract",
		"attribution.stage.duration 0 g env:test,outcome:interrupted,stage:extract",
		"attribution.stage.rows 0 g env:test,outcome:interrupted,stage:extract",
		"attribution.stage.rows_changed 0 g env:test,outcome:interrupted,stage:extract",
	}, d.numbers())
	assert.Contains(t, logged(t, log.String()), "INFO run ended run_id=1 outcome=interrupted exit_code=4 ms")
}

// TestSilenceHarmsNoRun sees that a run whom nobody listens to succeeds, and is not
// held up for more than a few seconds.
func TestSilenceHarmsNoRun(t *testing.T) {
	t.Parallel()
	d := newTold(t)
	d.run(0, nil, "migrate")
	d.exec(tracks + "; ALTER TABLE website.tracks ADD COLUMN received_at timestamptz")
	quiet := []string{"DD_DOGSTATSD_URL=", "ATTRIBUTION_NOTIFY_PAGERDUTY_ROUTING_KEY=", "ATTRIBUTION_NOTIFY_HEARTBEAT_URL="}
	d.run(0, quiet, "run")
	started := time.Now()
	d.run(0, quiet, "run")
	alone := time.Since(started)
	assert.Empty(t, append(append(d.pages(), d.pings()...), d.numbers()...))
	hole := "http://" + receivers.BlackHole(t)
	slow := receivers.NewMonitor(t, http.StatusOK, 2*time.Second)
	full := receivers.NewAgent(t, "unixgram") // nobody reads it
	for name, c := range map[string]struct {
		env  []string
		lost time.Duration // at most, on an idle machine
	}{
		"no agent":      {[]string{"DD_DOGSTATSD_URL=udp://127.0.0.1:1"}, time.Second},
		"no name":       {[]string{"DD_DOGSTATSD_URL=udp://agent.invalid:8125", "ATTRIBUTION_NOTIFY_PAGERDUTY_ENDPOINT=http://events.invalid", "ATTRIBUTION_NOTIFY_HEARTBEAT_URL=http://hc.invalid/" + receivers.CheckID}, 5 * time.Second},
		"black holes":   {[]string{"DD_DOGSTATSD_URL=" + full.URL, "ATTRIBUTION_NOTIFY_PAGERDUTY_ENDPOINT=" + hole, "ATTRIBUTION_NOTIFY_HEARTBEAT_URL=" + hole + "/" + receivers.CheckID}, 8 * time.Second},
		"slow monitors": {[]string{"ATTRIBUTION_NOTIFY_HEARTBEAT_URL=" + slow.URL}, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			log := d.run(0, c.env, "run")
			assert.Less(t, time.Since(started), 2*alone+c.lost+2*time.Second, log)
			assert.NotContains(t, log, receivers.CheckID)
			assert.NotContains(t, log, receivers.RoutingKey)
		})
	}
}
