package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/faults"
	"github.com/attribution-dev/attribution/internal/notify"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// A night is a kind of run that faults are done to.
type night struct {
	name string
	full bool // with --full: everybody is built aside in several transactions, and swapped in
	run  int  // which of the world's nights it is
}

func nights() []night {
	return []night{{name: "night", run: 1}, {name: "full", full: true, run: 1}, {name: "first"}}
}

// An installed is a database before the night, and what is watched there.
type installed struct {
	night
	url     string
	watcher *pgx.Conn
	pages   *pages
	seen    []string // what a reader saw, in order, each once
	broken  error    // why a reader could not read
	log     lines    // of the runs
}

// lines are what was written, for several goroutines.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// build names this build of the program: templates of databases it filled are its own.
var build = sync.OnceValue(func() string {
	executable, err := os.Executable()
	if err != nil {
		panic(err)
	}
	info, err := os.Stat(executable)
	if err != nil {
		panic(err)
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
})

// install makes the database of the night, with everything before it.
func (n night) install(t *testing.T) (*installed, error) {
	return n.open(t.Context(), testkit.Template(t, fmt.Sprint("faults ", n.run, build()), n.prepare))
}

// prepare fills an empty database: the schema, what has arrived by the night, and what
// the nights before it made of that.
func (n night) prepare(ctx context.Context, url string) error {
	pool, err := pg.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := pipeline.Migrate(ctx, pool, pipeline.Names(config.New()), nil); err != nil {
		return err
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	w := smallWorld()
	if err := w.Create(ctx, conn.Conn()); err != nil {
		return err
	}
	for i := range w.Nights() {
		if err := w.Arrive(ctx, conn.Conn(), i); err != nil {
			return err
		}
		if i >= n.run {
			continue
		}
		before := installed{night: night{run: i}, url: url, pages: newPages()}
		ran := before.run(ctx, nil, 1)
		before.pages.server.Close()
		if ran.err != nil {
			return ran.err
		}
	}
	return nil
}

// open watches a database that is prepared.
func (n night) open(ctx context.Context, url string) (*installed, error) {
	in := &installed{night: n, url: url, pages: newPages()}
	if err := in.watch(ctx); err != nil {
		return nil, err
	}
	// Which tables stage 8 analyses depends on statistics that the server keeps when it
	// finds the time; without them it is the same every night.
	if _, err := in.watcher.Exec(ctx, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET track_counts = off', current_database()); END $$"); err != nil {
		return nil, err
	}
	in.look()
	return in, in.broken
}

// watch connects the watcher, again where the server was away.
func (in *installed) watch(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if in.watcher, err = pgx.Connect(ctx, in.url); err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (in *installed) close() {
	_ = in.watcher.Close(context.Background())
	in.pages.server.Close()
}

// config is the configuration of a run at the database, through the proxy if there is one.
func (in *installed) config(proxy *faults.Proxy, parallelism int) (config.Config, error) {
	c := config.New()
	c.DatabaseURL = in.url
	c.Sources = []string{"website"}
	c.Parallelism = parallelism
	c.Notify.PagerDutyRoutingKey, c.Notify.PagerDutyEndpoint = "key", in.pages.server.URL
	if proxy == nil {
		return c, nil
	}
	var err error
	c.DatabaseURL, err = proxy.URL(in.url)
	return c, err
}

// asOf is the clock of the night; everything has arrived by the first run's.
func (in *installed) asOf() time.Time {
	w := smallWorld()
	if in.name == "first" {
		return w.NightAt(w.Nights() - 1)
	}
	return w.NightAt(in.night.run)
}

// A result is how a run ended.
type result struct {
	began bool   // it has a row in the ledger, as far as it knows
	stage string // the stage that failed for good, or run; empty: none
	err   error
	code  int // exit code of a process; -1: it was killed
}

// run is the night, in this process.
func (in *installed) run(ctx context.Context, proxy *faults.Proxy, parallelism int) result {
	c, err := in.config(proxy, parallelism)
	if err != nil {
		return result{err: err}
	}
	log := slog.New(slog.NewTextHandler(&in.log, nil))
	notifier := notify.New(notify.Options{RoutingKey: c.Notify.PagerDutyRoutingKey, EventsEndpoint: c.Notify.PagerDutyEndpoint})
	var report pipeline.Report
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: log, Version: "test", Notify: notifier, Timer: &hasty{}, Patient: true})
	if err == nil {
		defer p.Close()
		report, err = p.Run(ctx, pipeline.Request{AsOf: in.asOf(), Full: in.full})
	}
	r := result{began: report.RunID != 0, err: err}
	if errors.Is(err, pipeline.ErrLocked) { // the other run tells
		return r
	}
	told := report.Tell(err)
	told.Outcome = notify.Done
	if err != nil {
		told.Outcome, r.stage = notify.Failed, "run"
	}
	for _, s := range report.Stages {
		if s.Err != nil {
			r.stage = s.Stage.Name
		}
	}
	notifier.End(ctx, told)
	return r
}

// A hasty timer waits a hundredth of what it is asked to, and never long.
type hasty struct{ timer *time.Timer }

func (h *hasty) Start(d time.Duration) { h.timer = time.NewTimer(min(d/100, 10*time.Millisecond)) }

func (h *hasty) Stop() {
	if h.timer != nil { // backoff stops also one it never started
		h.timer.Stop()
	}
}

func (h *hasty) C() <-chan time.Time { return h.timer.C }

// binary is the program, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "attribution-faults-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "attribution")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "../../cmd/attribution").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain removes the binary.
func TestMain(m *testing.M) {
	code := m.Run()
	if binaryUsed {
		if path, err := binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	os.Exit(code)
}

var binaryUsed bool

// A process is the night, run by the binary.
type process struct {
	cmd    *exec.Cmd
	output strings.Builder
	ended  chan struct{}
}

// start starts the binary on the night.
func (in *installed) start(t *testing.T, proxy *faults.Proxy, parallelism int) (*process, error) {
	binaryUsed = true
	path, err := binary()
	if err != nil {
		return nil, err
	}
	c, err := in.config(proxy, parallelism)
	if err != nil {
		return nil, err
	}
	args := []string{"run", "--as-of", in.asOf().Format(time.RFC3339)}
	if in.full {
		args = append(args, "--full")
	}
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.Env = []string{
		"HOME=" + t.TempDir(), "ATTRIBUTION_DATABASE_URL=" + c.DatabaseURL, "ATTRIBUTION_SOURCES=website",
		"ATTRIBUTION_PARALLELISM=" + strconv.Itoa(parallelism),
		"ATTRIBUTION_NOTIFY_PAGERDUTY_ROUTING_KEY=key", "ATTRIBUTION_NOTIFY_PAGERDUTY_ENDPOINT=" + in.pages.server.URL,
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// kill is kill -9, and returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

func (p *process) wait() result {
	<-p.ended
	r := result{code: p.cmd.ProcessState.ExitCode()}
	if r.code != 0 {
		r.err = fmt.Errorf("exit code %d: %s", r.code, p.output.String())
	}
	return r
}

// published is one checksum of all tables, under one snapshot.
const published = `SELECT md5(concat_ws(' ',
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.all_sessions AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.useful_sessions AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.touches AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.attribution AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.persons AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.conversions AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.paths AS t),
	(SELECT md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM sessions.channel_weights AS t)))`

// patience is how long whatever ends by itself may take.
const patience = time.Minute

// look reads what is published, as an analyst would.
func (in *installed) look() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var sum string
	if err := in.watcher.QueryRow(ctx, published).Scan(&sum); err != nil {
		in.broken = errors.Join(in.broken, fmt.Errorf("reader: %w", err))
		return
	}
	if len(in.seen) == 0 || in.seen[len(in.seen)-1] != sum {
		in.seen = append(in.seen, sum)
	}
}

// checkSeen holds a reader to the old state and then the new one.
func (in *installed) checkSeen(want undisturbed) error {
	if in.broken != nil {
		return in.broken
	}
	if !slices.Equal(in.seen, want.seen) {
		return fmt.Errorf("a reader saw the states %v, in an undisturbed night %v", in.seen, want.seen)
	}
	return nil
}

// sessionsEnd waits until nobody but the watcher is in the database, so that no
// statement, lock or open transaction is left of a run, and sees that none is
// prepared.
func (in *installed) sessionsEnd(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		var left []string
		err := in.watcher.QueryRow(ctx, `SELECT coalesce(array_agg(concat_ws(' ', application_name, state, query)), '{}') FROM pg_catalog.pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&left)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("sessions are left: %v", left)
		case <-time.After(2 * time.Millisecond):
		}
	}
	var prepared, locks int
	err := in.watcher.QueryRow(ctx, `SELECT (SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()),
		(SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))`).Scan(&prepared, &locks)
	if err == nil && prepared+locks > 0 {
		err = fmt.Errorf("%d prepared transactions and %d advisory locks are left", prepared, locks)
	}
	return err
}

// An undisturbed is a night to which nothing happened.
type undisturbed struct {
	steps []string
	seen  []string            // checksums of what was published
	state map[string]string   // of each table, and of the catalog
	rows  map[string][]string // of each table
	done  int64               // rows changed by the publication
}

// known are the undisturbed nights so far, by name.
var known struct {
	sync.Mutex
	nights map[string]undisturbed
}

// undisturbed is the night with nothing happening to it, run once for all tests.
func (n night) undisturbed(t *testing.T) undisturbed {
	t.Helper()
	known.Lock()
	defer known.Unlock()
	want, there := known.nights[n.name]
	if !there {
		want = n.again(t)
		if known.nights == nil {
			known.nights = map[string]undisturbed{}
		}
		known.nights[n.name] = want
	}
	return want
}

// again runs an undisturbed night.
func (n night) again(t *testing.T) undisturbed {
	t.Helper()
	want, err := n.tryUndisturbed(t)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func (n night) tryUndisturbed(t *testing.T) (want undisturbed, err error) {
	in, err := n.install(t)
	if err != nil {
		return want, err
	}
	defer in.close()
	proxy, err := faults.Listen(in.url, faults.Options{Idle: in.look})
	if err != nil {
		return want, err
	}
	ran := in.run(t.Context(), proxy, 1)
	if err := errors.Join(proxy.Close(), ran.err, in.broken, in.sessionsEnd(t.Context())); err != nil {
		return want, err
	}
	want.steps, want.seen = proxy.Steps(), in.seen
	if len(want.seen) != 2 {
		return want, fmt.Errorf("an undisturbed night shows its readers %d states, not 2", len(want.seen))
	}
	if err := in.watcher.QueryRow(t.Context(), "SELECT rows_changed FROM attribution_ops.stage_runs WHERE stage = 'attribute' ORDER BY run_id DESC LIMIT 1").Scan(&want.done); err != nil {
		return want, err
	}
	if again := in.run(t.Context(), nil, 1); again.err != nil {
		return want, again.err
	}
	if err := in.sessionsEnd(t.Context()); err != nil {
		return want, err
	}
	if want.state, err = in.state(t.Context()); err != nil {
		return want, err
	}
	want.rows = map[string][]string{}
	for table := range want.state {
		if table == catalog {
			continue
		}
		if want.rows[table], err = in.dump(t.Context(), table); err != nil {
			return want, err
		}
	}
	return want, nil
}

// catalog is the name of what is compared of the catalog.
const catalog = "catalog"

// journals are the tables that tell runs, attempts and times, and the columns that do.
var (
	journals = []string{"attribution_ops.runs", "attribution_ops.stage_runs", "attribution_ops.published"}
	passing  = []string{"run_id", "recorded_at", "extract_id", "checked_extract", "mark", "published_at"}
)

// state is a checksum of every table of ours but journals, and of the catalog: which
// relations there are, of what they are a part, and which indexes are invalid.
func (in *installed) state(ctx context.Context) (map[string]string, error) {
	rows, err := in.watcher.Query(ctx, `
		SELECT n.nspname || '.' || c.relname, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
			WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL ($1))
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('segment', 'session_stages', 'sessions', 'aliases', 'attribution_ops') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND n.nspname || '.' || c.relname <> ALL ($2)`, passing, journals)
	if err != nil {
		return nil, err
	}
	parts := []string{`SELECT '` + catalog + `', md5(string_agg(item, ' ' ORDER BY item COLLATE "C")) FROM (
		SELECT concat_ws('.', n.nspname, c.relname, c.relkind, p.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS item
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid LEFT JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
		WHERE n.nspname IN ('segment', 'session_stages', 'sessions', 'aliases', 'attribution_ops') AND c.relkind NOT IN ('i', 'I', 't')
		UNION ALL
		SELECT concat_ws(' ', 'index of', x.indrelid::regclass, x.indkey, x.indisunique, x.indisvalid, x.indisready) FROM pg_catalog.pg_index AS x
		JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('segment', 'session_stages', 'sessions', 'aliases', 'attribution_ops')) AS items`}
	var table, columns string
	if _, err := pgx.ForEachRow(rows, []any{&table, &columns}, func() error {
		parts = append(parts, fmt.Sprintf(`SELECT '%s', coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")), '') FROM (SELECT %s FROM %s) AS t`, table, columns, table))
		return nil
	}); err != nil {
		return nil, err
	}
	if rows, err = in.watcher.Query(ctx, strings.Join(parts, " UNION ALL ")); err != nil {
		return nil, err
	}
	state := map[string]string{}
	var name, sum string
	_, err = pgx.ForEachRow(rows, []any{&name, &sum}, func() error { state[name] = sum; return nil })
	return state, err
}

func (in *installed) dump(ctx context.Context, table string) ([]string, error) {
	schema, name, _ := strings.Cut(table, ".")
	return world.Dump(ctx, in.watcher, schema, name, passing...)
}

// difference is how the state differs from an undisturbed night's.
func (in *installed) difference(ctx context.Context, want undisturbed, got map[string]string, but []string) error {
	var all error
	names := map[string]bool{}
	for _, state := range []map[string]string{want.state, got} {
		for name := range state {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		switch {
		case want.state[name] == got[name], slices.Contains(but, name):
			continue
		case want.rows[name] == nil || got[name] == "":
			all = errors.Join(all, fmt.Errorf("%s differs", name))
			continue
		}
		rows, err := in.dump(ctx, name)
		if err != nil {
			return errors.Join(all, err)
		}
		all = errors.Join(all, fmt.Errorf("%s differs from an undisturbed night:\n%s", name, world.Diff(want.rows[name], rows)))
	}
	return all
}

// checkLedger holds the ledger to what happened.
func (in *installed) checkLedger(ctx context.Context, want undisturbed, ran result) error {
	type row struct {
		Run      int64
		RunState string
		RunError string
		Ended    bool
		Stage    *string
		Attempt  *int
		State    *string
		Error    *string
		Changed  *int64
	}
	rows, err := in.watcher.Query(ctx, `SELECT r.run_id, r.state, coalesce(r.error, ''), r.finished_at IS NOT NULL AND (s.run_id IS NULL OR s.finished_at IS NOT NULL),
		s.stage, s.attempt, s.state, s.error, s.rows_changed
		FROM attribution_ops.runs AS r LEFT JOIN attribution_ops.stage_runs AS s ON s.run_id = r.run_id
		WHERE r.run_id > $1 ORDER BY r.run_id, s.started_at, s.attempt`, in.night.run)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return err
	}
	text := func() (s string) {
		for _, r := range all {
			s += "\n  " + fmt.Sprint(r.Run, " ", r.RunState, " ", r.RunError, " ", value(r.Stage), " ", value(r.Attempt), " ", value(r.State), " ", value(r.Error), " ", value(r.Changed))
		}
		return s
	}
	wrong := func(what string) error { return fmt.Errorf("ledger: %s:%s", what, text()) }
	doneStages, doneChanged := map[int64]int{}, int64(0)
	for i, r := range all {
		if r.RunState == "running" || !r.Ended || r.Stage != nil && value(r.State) == "running" {
			return wrong("something has not ended")
		}
		if (r.RunState == "done") != (r.RunError == "") {
			return wrong("a run that is done has an error, or one that failed none")
		}
		if r.Stage == nil {
			continue
		}
		if (value(r.State) == "done") != (r.Error == nil) {
			return wrong("a stage that is done has an error, or one that failed none")
		}
		if *r.State == "done" {
			doneStages[r.Run]++
			if *r.Stage == "attribute" {
				doneChanged += *r.Changed
			}
		} else if next := i + 1; next < len(all) && all[next].Run == r.Run && *all[next].Stage != *r.Stage {
			return wrong("a stage went on after one that was not done")
		}
	}
	if len(all) == 0 || all[len(all)-1].RunState != "done" || doneStages[all[len(all)-1].Run] != 8 {
		return wrong("the last run did not do eight stages")
	}
	for _, r := range all {
		if r.RunState == "done" && doneStages[r.Run] != 8 {
			return wrong("a run is done without eight stages that are")
		}
	}
	if ran.err == nil && (all[0].RunState != "done" || all[0].Run == all[len(all)-1].Run) {
		return wrong("a run that succeeded is not done")
	}
	if !in.full && doneChanged != want.done {
		return wrong(fmt.Sprintf("stages that are done published %d rows, not %d", doneChanged, want.done))
	}
	var publishers int
	err = in.watcher.QueryRow(ctx, `SELECT count(*) FROM attribution_ops.published AS p
		WHERE NOT EXISTS (SELECT FROM attribution_ops.stage_runs AS s WHERE s.run_id = p.run_id AND s.stage = 'attribute' AND s.state = 'done')`).Scan(&publishers)
	if err == nil && publishers > 0 {
		return wrong("what is published is of a run whose stage attribute is not done")
	}
	return err
}

func value[T any](p *T) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprint(*p)
}

// pages is a PagerDuty that remembers.
type pages struct {
	server *httptest.Server
	mu     sync.Mutex
	events []string // "trigger attribution/none/extract"
}

func newPages() *pages {
	p := &pages{}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct {
			Action   string `json:"event_action"`
			DedupKey string `json:"dedup_key"`
		}
		_ = json.NewDecoder(r.Body).Decode(&e) // an event that is none is seen by check
		p.mu.Lock()
		p.events = append(p.events, e.Action+" "+e.DedupKey)
		p.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"status":"success"}`))
	}))
	return p
}

// check sees that exactly the failed stage, if any, was paged, once; and that its
// incident is open, or resolved.
func (p *pages) check(stage string, resolved bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var triggered []string
	open := map[string]bool{}
	for _, e := range p.events {
		action, key, _ := strings.Cut(e, " ")
		open[key] = action == "trigger"
		if action == "trigger" {
			triggered = append(triggered, strings.TrimPrefix(key, "attribution/none/"))
		}
	}
	var want []string
	if stage != "" {
		want = []string{stage}
	}
	if !slices.Equal(triggered, want) {
		return fmt.Errorf("pages: stages %v, want %v", triggered, want)
	}
	if stage != "" && open["attribution/none/"+stage] == resolved {
		return fmt.Errorf("the incident of %s is open: %v, want %v", stage, !resolved, resolved)
	}
	return nil
}
