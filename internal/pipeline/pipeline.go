// Package pipeline runs the stages in order: which, with what settings, once at a
// time, retried, and written down in the ledger.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/notify"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/sql"
)

// errSuperseded stops a run whose lock was lost and whose place another has taken.
var errSuperseded = stages.Permanent(errors.New("a newer run has begun: this one has stopped, and published nothing since"))

// ErrLocked says that another run holds the lock: exit code 3.
var ErrLocked = errors.New("another run is at work in this database: wait for it, or see \"attribution status\"")

// A Pipeline is one installation: a database and settings.
type Pipeline struct {
	db       *pg.DB
	config   config.Config
	settings stages.Settings
	log      *slog.Logger
	version  string
	progress func(label, unit string, total int64) *progress.Progress
	now      func() time.Time
	notify   *notify.Notifier
	timer    backoff.Timer
}

// Options are what a Pipeline needs beside its configuration.
type Options struct {
	Log      *slog.Logger
	Version  string                                                   // of the program, for the ledger
	Progress func(label, unit string, total int64) *progress.Progress // nil: none
	Now      func() time.Time                                         // measures the stages; nil: they take no time
	Notify   *notify.Notifier                                         // told of runs; nil: nobody
	Timer    backoff.Timer                                            // waits between tries; nil: by the clock
}

// Open connects to the configured database and checks that its schema is of this
// program's version.
func Open(ctx context.Context, c config.Config, o Options) (*Pipeline, error) {
	settings, err := Settings(c)
	if err != nil {
		return nil, err
	}
	names := Names(c)
	templates, err := pg.ParseTemplates(sql.FS, names)
	if err != nil {
		return nil, usage(err)
	}
	pool, err := pg.Connect(ctx, c.DatabaseURL)
	if err != nil {
		return nil, err
	}
	if err := checkSchema(ctx, pool, names); err != nil {
		pool.Close()
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = func(string, string, int64) *progress.Progress { return nil }
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	return &Pipeline{
		db: &pg.DB{Pool: pool, Names: names, Templates: templates}, config: c, settings: settings,
		log: o.Log, version: o.Version, progress: o.Progress, now: o.Now, notify: o.Notify, timer: o.Timer,
	}, nil
}

// Close ends the connections and sends what waits to be sent to Datadog.
func (p *Pipeline) Close() {
	p.db.Pool.Close()
	p.notify.Close()
}

// DB is the database, for reading.
func (p *Pipeline) DB() *pg.DB { return p.db }

// Settings are the settings in force; its sources are known after a run or a plan.
func (p *Pipeline) Settings() stages.Settings { return p.settings }

// A Request is what a run is asked to do.
type Request struct {
	Stages  []stages.Stage // in order; none: all
	Full    bool           // redo everything these stages own
	Persons []string       // mark these dirty first: user:ID, anon:ID or a bare ID
	Months  []month.Month  // mark these dirty first, by received_at
	AsOf    time.Time      // the run's clock; zero: the database's
	// Done is told of each stage when it ends. Nil: nobody.
	Done func(StageReport)
}

// A StageReport is one stage of a run as it ended.
type StageReport struct {
	Stage    stages.Stage
	Result   stages.Result
	Elapsed  time.Duration
	Attempts int
	Err      error
}

// A Report is a run as it ended.
type Report struct {
	RunID    int64
	AsOf     time.Time
	Stages   []StageReport
	Warnings []string
}

// Run runs the stages. It fails with ErrLocked when another run is at work, with
// ErrUsage when the request makes no sense, and else with the stage that failed.
func (p *Pipeline) Run(ctx context.Context, r Request) (Report, error) {
	var report Report
	if err := p.resolveSources(ctx); err != nil {
		return report, err
	}
	unlock, err := p.lock(ctx)
	if err != nil {
		return report, err
	}
	defer unlock()
	if report.AsOf, err = p.clock(ctx, r.AsOf); err != nil {
		return report, err
	}
	if err := p.mark(ctx, r); err != nil {
		return report, err
	}
	if report.RunID, err = p.begin(ctx, r, report.AsOf); err != nil {
		return report, err
	}
	started := p.now()
	err = p.noticeSettings(ctx)
	if err == nil {
		err = p.runStages(ctx, r, &report)
	}
	state, text := ended(ctx, err)
	p.tell(ctx, report, state, p.now().Sub(started))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	_, ledgerErr := p.db.Exec(last, p.db.Pool, "00_run/050_end_run.sql", pg.Data{}, pg.Args{"run": report.RunID, "state": state, "error": text})
	return report, errors.Join(err, ledgerErr)
}

// ledgerTimeout bounds the last words of a run that is being stopped.
const ledgerTimeout = 5 * time.Second

// ended is the state of a run or an attempt in the ledger, and why it failed.
func ended(ctx context.Context, err error) (state string, failure any) {
	switch {
	case err == nil:
		return notify.Done, nil
	case ctx.Err() != nil:
		return notify.Interrupted, err.Error()
	default:
		return notify.Failed, err.Error()
	}
}

// tell tells Datadog of the run, and PagerDuty of the stage that failed for good, or
// that those that failed before have succeeded.
func (p *Pipeline) tell(ctx context.Context, report Report, state string, elapsed time.Duration) {
	ctx = context.WithoutCancel(ctx)
	var succeeded []string
	for _, s := range report.Stages {
		outcome := notify.Done
		if s.Err != nil {
			outcome = state
		}
		p.notify.StageDone(s.Stage.Name, outcome, s.Elapsed, s.Result.RowsIn, s.Result.RowsChanged, s.Result.Counters["rows_rejected"], s.Attempts)
		switch outcome {
		case notify.Failed:
			p.notify.Page(ctx, s.Stage.Name, s.Err.Error(), "attribution run --from-stage "+s.Stage.Name)
		case notify.Done:
			succeeded = append(succeeded, s.Stage.Name)
		}
	}
	p.notify.Resolve(ctx, succeeded...)
	p.notify.RunDone(ctx, state, elapsed)
}

func selected(r Request) []stages.Stage {
	if len(r.Stages) == 0 {
		return stages.All()
	}
	return r.Stages
}

func (p *Pipeline) runStages(ctx context.Context, r Request, report *Report) error {
	before, err := p.waitsBefore(ctx, selected(r)[0])
	if err != nil {
		return err
	}
	for _, s := range selected(r) {
		done := StageReport{Stage: s}
		started := p.now()
		in := stages.Input{Run: pg.RunID(report.RunID), AsOf: report.AsOf, Full: r.Full, First: len(report.Stages) == 0}
		done.Result, done.Attempts, done.Err = p.attempts(ctx, s, in)
		done.Elapsed = p.now().Sub(started)
		if in.First && before != "" {
			done.Result.Note = strings.TrimPrefix(done.Result.Note+"; "+before, "; ")
		}
		report.Stages = append(report.Stages, done)
		report.Warnings = append(report.Warnings, done.Result.Warnings...)
		if r.Done != nil {
			r.Done(done)
		}
		if done.Err != nil {
			return fmt.Errorf("stage %s: %w", s.Name, done.Err)
		}
	}
	return nil
}

// waitsBefore says what waits for the stages before s, which s will not see.
func (p *Pipeline) waitsBefore(ctx context.Context, s stages.Stage) (string, error) {
	numbers := map[string]int{}
	for _, other := range stages.All() {
		numbers[other.Name] = other.Number
	}
	waiting, err := p.waiting(ctx)
	if err != nil {
		return "", err
	}
	var before []string
	for _, w := range waiting {
		if numbers[w.Stage] < s.Number {
			before = append(before, fmt.Sprintf("%d %s for %s", w.Count, w.Unit, w.Stage))
		}
	}
	if len(before) == 0 {
		return "", nil
	}
	return "work waits before it: " + strings.Join(before, ", "), nil
}

// attempts runs a stage until it succeeds, fails for good, or the retries are used
// up.
func (p *Pipeline) attempts(ctx context.Context, s stages.Stage, in stages.Input) (result stages.Result, attempt int, err error) {
	policy := backoff.NewExponentialBackOff(backoff.WithMaxElapsedTime(p.config.Retry.MaxElapsed), backoff.WithInitialInterval(time.Second))
	try := func() error {
		attempt++
		var err error
		result, err = p.attempt(ctx, s, in, attempt)
		if err != nil && (stages.IsPermanent(err) || !pg.Retryable(err) || p.config.Retry.MaxElapsed == 0) {
			return backoff.Permanent(err)
		}
		return err
	}
	tell := func(err error, again time.Duration) {
		p.log.WarnContext(ctx, "stage failed, trying again", "stage", s.Name, "attempt", attempt, "again_in", again.Round(time.Millisecond), "error", err)
		p.db.Pool.Reset() // a new connection for the next try
	}
	err = backoff.RetryNotifyWithTimer(try, backoff.WithContext(policy, ctx), tell, p.timer)
	return result, attempt, err
}

func (p *Pipeline) attempt(ctx context.Context, s stages.Stage, in stages.Input, attempt int) (stages.Result, error) {
	run := int64(in.Run)
	key := pg.Args{"run": run, "stage": s.Name, "attempt": attempt}
	if _, err := p.db.Exec(ctx, p.db.Pool, "00_run/060_begin_stage.sql", pg.Data{}, key); err != nil {
		return stages.Result{}, err
	}
	published := false
	end := func(ctx context.Context, q pg.Querier, r stages.Result, state string, failure any) error {
		args := pg.Args{"state": state, "rows_in": r.RowsIn, "rows_changed": r.RowsChanged, "counters": r.Counters, "error": failure}
		for k, v := range key {
			args[k] = v
		}
		_, err := p.db.Exec(ctx, q, "00_run/070_end_stage.sql", pg.Data{}, args)
		return err
	}
	in = p.input(in)
	fenced := *p.db
	fenced.Fence = func(ctx context.Context, tx pgx.Tx) error {
		var running bool
		if err := p.db.Scan(ctx, tx, "00_run/081_hold.sql", pg.Data{}, pg.Args{"run": run}, &running); err != nil || running {
			return err
		}
		return errSuperseded
	}
	in.DB = &fenced
	in.Publish = func(ctx context.Context, q pg.Querier, r stages.Result) error {
		n, err := p.db.Exec(ctx, q, "00_run/080_fence.sql", pg.Data{}, pg.Args{"run": run})
		if err != nil {
			return err
		}
		if n == 0 {
			return errSuperseded
		}
		published = true
		return end(ctx, q, r, "done", nil)
	}
	result, err := s.Run(ctx, in)
	if err == nil && published {
		return result, nil
	}
	state, failure := ended(ctx, err)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	if ledgerErr := end(last, p.db.Pool, result, state, failure); err == nil {
		err = ledgerErr
	}
	return result, err
}

func (p *Pipeline) input(in stages.Input) stages.Input {
	in.DB, in.Settings, in.Log, in.Progress = p.db, p.settings, p.log, p.progress
	return in
}

// lock takes the run lock on a connection of its own, held until unlock.
func (p *Pipeline) lock(ctx context.Context) (unlock func(), err error) {
	conn, err := p.db.Pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	var free bool
	if err := p.db.Scan(ctx, conn, "00_run/010_lock.sql", pg.Data{}, p.lockKey(), &free); err != nil || !free {
		conn.Release()
		if err == nil {
			err = ErrLocked
		}
		return nil, err
	}
	return func() { p.unlock(ctx, conn) }, nil
}

// lockKey names the run lock: one for each installation in a database.
func (p *Pipeline) lockKey() pg.Args { return pg.Args{"key": "attribution " + p.db.Names.Ops} }

// unlock gives the run lock back at once, so that the next run need not wait for the
// server to notice that the session has ended, and ends the session.
func (p *Pipeline) unlock(ctx context.Context, conn *pgxpool.Conn) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	if _, err := p.db.Exec(last, conn, "00_run/011_unlock.sql", pg.Data{}, nil); err != nil {
		p.log.WarnContext(ctx, "the run lock ends with its session", "error", err)
	}
	_ = conn.Conn().Close(last) // the session ends either way
	conn.Release()
}

// clock is the run's as-of: the database's clock, or the one asked for unless it is
// before the last run's.
func (p *Pipeline) clock(ctx context.Context, asked time.Time) (time.Time, error) {
	var now time.Time
	var last *time.Time
	if err := p.db.Scan(ctx, p.db.Pool, "00_run/020_clock.sql", pg.Data{}, nil, &now, &last); err != nil {
		return now, err
	}
	now = now.UTC()
	if asked.IsZero() {
		return now, nil
	}
	if asked.After(now) {
		return now, usage(fmt.Errorf("--as-of %s is in the future: the database's clock says %s", asked.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)))
	}
	if last != nil && asked.Before(*last) {
		return now, usage(fmt.Errorf("--as-of %s is before the last run's, %s: what was taken in cannot be taken back", asked.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339)))
	}
	return asked.UTC(), nil
}

func (p *Pipeline) begin(ctx context.Context, r Request, asOf time.Time) (run int64, err error) {
	for _, file := range []string{"030_close_killed.sql", "031_close_killed_stages.sql"} {
		if _, err := p.db.Exec(ctx, p.db.Pool, "00_run/"+file, pg.Data{}, nil); err != nil {
			var waited *pgconn.PgError
			if errors.As(err, &waited) && waited.Code == "55P03" {
				return 0, ErrLocked // it lost the lock, but is still at work
			}
			return 0, err
		}
	}
	var names []string
	for _, s := range selected(r) {
		names = append(names, s.Name)
	}
	err = p.db.Scan(ctx, p.db.Pool, "00_run/040_begin_run.sql", pg.Data{},
		pg.Args{"as_of": asOf, "is_full": r.Full, "stages": names, "version": p.version}, &run)
	return run, err
}

// mark puts the persons and months asked for on the worklists.
func (p *Pipeline) mark(ctx context.Context, r Request) error {
	return p.db.Tx(ctx, func(tx pgx.Tx) error {
		for _, text := range r.Persons {
			person, err := p.FindPerson(ctx, tx, text)
			if err != nil {
				return err
			}
			args := pg.Args{"alias_id": person.AliasID, "is_identified": person.IsIdentified}
			if _, err := p.db.Exec(ctx, tx, "00_run/110_mark_person.sql", pg.Data{}, args); err != nil {
				return err
			}
		}
		if len(r.Months) == 0 {
			return nil
		}
		in := p.input(stages.Input{})
		unknown, err := in.MarkMonths(ctx, tx, r.Months, "asked for by --month")
		if err == nil && len(unknown) > 0 {
			return usage(fmt.Errorf("no events were received in %s", strings.Join(unknown, ", ")))
		}
		return err
	})
}
