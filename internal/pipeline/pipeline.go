// Package pipeline runs the stages in order: which, with what settings, once at a
// time, retried, and written down in the ledger.
package pipeline

import (
	"context"
	"crypto/rand"
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
	"github.com/attribution-dev/attribution/internal/logs"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/notify"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pg/rdsauth"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/sql"
)

// errSuperseded stops a run whose lock was lost and whose place another has taken.
var errSuperseded = stages.Permanent(errors.New("a newer run has begun: this one has stopped, and published nothing since"))

// A Pipeline is one installation: a database and settings.
type Pipeline struct {
	db       *pg.DB
	config   config.Config
	settings stages.Settings
	log      *slog.Logger
	version  string
	progress func(log *slog.Logger, label, unit string, total int64) *progress.Progress
	now      func() time.Time
	notify   *notify.Notifier
	timer    backoff.Timer
}

// Options are what a Pipeline needs beside its configuration.
type Options struct {
	Log      *slog.Logger
	Version  string                                                                     // of the program, for the ledger
	Progress func(log *slog.Logger, label, unit string, total int64) *progress.Progress // nil: none
	Now      func() time.Time                                                           // measures the stages; nil: they take no time
	Notify   *notify.Notifier                                                           // told when a run begins; nil: nobody
	Patient  bool                                                                       // wait for a database that is away, for retry.max_elapsed
	Timer    backoff.Timer                                                              // waits between tries; nil: by the clock
}

// Password is where the password of the configured database comes from; nil: from its
// URL, or as libpq finds one.
func Password(c config.Config) pg.Password {
	switch {
	case c.DatabaseAuth == "rds-iam":
		return rdsauth.Password(rdsauth.AWS())
	case c.DatabasePasswordFile != "":
		return pg.PasswordFile(c.DatabasePasswordFile)
	}
	return nil
}

// Connect opens a pool on the configured database: the one way to it, also for commands
// that open no pipeline.
func Connect(ctx context.Context, c config.Config) (*pgxpool.Pool, error) {
	return pg.Connect(ctx, c.DatabaseURL, pg.WithPassword(Password(c)))
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
	if o.Progress == nil {
		o.Progress = func(*slog.Logger, string, string, int64) *progress.Progress { return nil }
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	p := &Pipeline{
		config: c, settings: settings, log: o.Log, version: o.Version, progress: o.Progress, now: o.Now, notify: o.Notify, timer: o.Timer,
	}
	connect := func() error {
		pool, err := Connect(ctx, c)
		var password *pg.PasswordError
		if errors.As(err, &password) {
			return usage(err) // nothing to wait for: it is not there at the start
		}
		if err != nil {
			return err
		}
		if err := checkSchema(ctx, pool, names); err != nil {
			pool.Close()
			return err
		}
		p.db = &pg.DB{Pool: pool, Names: names, Templates: templates}
		return nil
	}
	if o.Patient {
		err = p.persist(ctx, "connect", connect, nil)
	} else {
		err = connect()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Close ends the connections.
func (p *Pipeline) Close() { p.db.Pool.Close() }

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
	Choices Choices
	RetryOf int64 // the failed run this one goes on with; 0: none
	// Done is told of each stage when it ends. Nil: nobody.
	Done func(StageReport)

	token string
}

// Choices are what a run may be asked besides; the ledger keeps them.
type Choices struct {
	Reconcile   bool `json:"reconcile,omitempty"`    // stage 1 removes the rows deleted at the sources since they were taken in
	AllowShrink bool `json:"allow_shrink,omitempty"` // publish, or remove, also what the gates would stop
	Strict      bool `json:"strict,omitempty"`       // warnings are an exit code; of no concern here
}

// A StageReport is one stage of a run as it ended.
type StageReport struct {
	RunID    int64
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
	Newest   time.Time // received_at of the newest event published when it ended; zero: unknown, or none
	Stages   []StageReport
	Warnings []string
}

// Run runs the stages. It fails with ErrLocked when another run is at work, with
// ErrUsage when the request makes no sense, and else with the stage that failed.
func (p *Pipeline) Run(ctx context.Context, r Request) (Report, error) {
	var report Report
	r.token = rand.Text()
	lock := &runLock{p: p}
	defer func() { lock.release(ctx) }()
	err := p.persist(ctx, "begin", func() error { return p.begin(ctx, r, lock, &report) }, nil)
	if report.RunID == 0 {
		return report, err
	}
	ctx = logs.With(ctx, slog.Int64("run_id", report.RunID))
	p.notify.Begin(ctx)
	if err == nil {
		err = p.runStages(ctx, r, &report, lock)
	}
	report.Newest = p.newest(ctx)
	return report, errors.Join(err, p.end(ctx, report.RunID, ended(ctx, err), err))
}

// begin does all that is before the first stage. It may be called again after it failed.
func (p *Pipeline) begin(ctx context.Context, r Request, lock *runLock, report *Report) error {
	if err := p.resolveSources(ctx); err != nil {
		return err
	}
	if err := lock.hold(ctx); err != nil {
		return err
	}
	var err error
	if report.AsOf, err = p.clock(ctx, r.AsOf); err != nil {
		return err
	}
	if err := p.mark(ctx, r); err != nil {
		return err
	}
	if report.RunID == 0 {
		if report.RunID, err = p.beginRun(ctx, r, report.AsOf); err != nil {
			return err
		}
	}
	return p.noticeSettings(ctx)
}

// end writes how the run ended. That of a run that succeeded is worth some tries.
func (p *Pipeline) end(ctx context.Context, run int64, state string, cause error) error {
	write := func(ctx context.Context) error {
		_, err := p.db.Exec(ctx, p.db.Pool, "00_run/050_end_run.sql", pg.Data{}, pg.Args{"run": run, "state": state, "error": failureText(cause)})
		return err
	}
	if state == notify.Done {
		return p.persist(ctx, "end", func() error { return write(ctx) }, nil)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	return write(last)
}

// ledgerTimeout bounds the last words of a run that is being stopped.
const ledgerTimeout = 5 * time.Second

// ended is the state of a run or an attempt in the ledger.
func ended(ctx context.Context, err error) string {
	switch {
	case err == nil:
		return notify.Done
	case ctx.Err() != nil:
		return notify.Interrupted
	default:
		return notify.Failed
	}
}

// failureText is why a run or an attempt failed, for the ledger; nil: it did not.
func failureText(err error) any {
	if err == nil {
		return nil
	}
	return logs.Redact(err.Error())
}

func selected(r Request) []stages.Stage {
	if len(r.Stages) == 0 {
		return stages.All()
	}
	return r.Stages
}

func (p *Pipeline) runStages(ctx context.Context, r Request, report *Report, lock *runLock) error {
	var before string
	err := p.persist(ctx, "begin", func() (err error) {
		before, err = p.waitsBefore(ctx, selected(r)[0])
		return err
	}, nil)
	if err != nil {
		return err
	}
	for _, s := range selected(r) {
		ctx := logs.With(ctx, slog.String("stage", s.Name))
		done := StageReport{RunID: report.RunID, Stage: s}
		started := p.now()
		in := stages.Input{Run: pg.RunID(report.RunID), AsOf: report.AsOf, Full: r.Full, First: len(report.Stages) == 0, Reconcile: r.Choices.Reconcile, AllowShrink: r.Choices.AllowShrink}
		done.Result, done.Attempts, done.Err = p.attempts(ctx, s, in, lock)
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

func (p *Pipeline) input(ctx context.Context, in stages.Input) stages.Input {
	in.DB, in.Settings, in.Log = p.db, p.settings, p.log
	in.Progress = func(label, unit string, total int64) *progress.Progress {
		return p.progress(logs.From(ctx, p.log), label, unit, total)
	}
	return in
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

// closeKilled closes the runs that ended without a word. One that lost the lock but is
// still at work finds itself closed at its next transaction.
// The run of the token is our own.
func (p *Pipeline) closeKilled(ctx context.Context, token string) error {
	for _, s := range []struct {
		file string
		args pg.Args
	}{{"030_close_killed.sql", pg.Args{"token": token}}, {"031_close_killed_stages.sql", nil}} {
		if _, err := p.db.Exec(ctx, p.db.Pool, "00_run/"+s.file, pg.Data{}, s.args); err != nil {
			var waited *pgconn.PgError
			if errors.As(err, &waited) && waited.Code == "55P03" {
				return ErrLocked // it is in the middle of one
			}
			return err
		}
	}
	return nil
}

func (p *Pipeline) beginRun(ctx context.Context, r Request, asOf time.Time) (run int64, err error) {
	if err := p.closeKilled(ctx, r.token); err != nil {
		return 0, err
	}
	var names []string
	for _, s := range selected(r) {
		names = append(names, s.Name)
	}
	var retryOf *int64
	if r.RetryOf != 0 {
		retryOf = &r.RetryOf
	}
	err = p.db.Scan(ctx, p.db.Pool, "00_run/040_begin_run.sql", pg.Data{},
		pg.Args{"as_of": asOf, "is_full": r.Full, "stages": names, "version": p.version, "options": r.Choices, "retry_of": retryOf, "token": r.token}, &run)
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
		in := p.input(ctx, stages.Input{})
		unknown, err := in.MarkMonths(ctx, tx, r.Months, "asked for by --month")
		if err == nil && len(unknown) > 0 {
			return usage(fmt.Errorf("no events were received in %s", strings.Join(unknown, ", ")))
		}
		return err
	})
}
