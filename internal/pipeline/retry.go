package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/logs"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// maxPause is the longest wait between two tries.
const maxPause = time.Minute

// pauses say when to try again: exponentially later, with jitter, each class of error
// for itself, until the time is up or the class has had its tries. The time counts from
// the first failure, since a stage may work for hours before it.
type pauses struct {
	most    time.Duration // from the first failure to the last try
	clock   backoff.Clock
	class   pg.Class // of the last failure
	failed  map[string]int
	since   time.Time // the first failure
	growing *backoff.ExponentialBackOff
	name    string // class growing belongs to
}

// Reset does nothing: pauses are used once.
func (p *pauses) Reset() {}

// NextBackOff is how long to wait after a failure of class, or backoff.Stop.
func (p *pauses) NextBackOff() time.Duration {
	now := p.clock.Now()
	if p.failed == nil {
		p.failed, p.since = map[string]int{}, now
	}
	p.failed[p.class.Name]++
	if p.class.Tries > 0 && p.failed[p.class.Name] >= p.class.Tries {
		return backoff.Stop
	}
	if p.growing == nil || p.name != p.class.Name {
		p.name = p.class.Name
		p.growing = backoff.NewExponentialBackOff(backoff.WithInitialInterval(p.class.Pause), backoff.WithMaxInterval(maxPause), backoff.WithMaxElapsedTime(0), backoff.WithClockProvider(p.clock))
	}
	pause := p.growing.NextBackOff()
	if now.Add(pause).Sub(p.since) > p.most {
		return backoff.Stop
	}
	return pause
}

// classOf is what is to be done about an error of a stage. A source's table that is
// away or lost a column is Segment at work, in stage 1; elsewhere it is our defect.
func classOf(stage string, err error) pg.Class {
	var e *pgconn.PgError
	switch {
	case stages.IsPermanent(err), errors.Is(err, ErrUsage):
		return pg.Permanent
	case stage == "extract" && errors.As(err, &e) && (e.Code == "42P01" || e.Code == "42703"):
		return pg.Drift
	case errors.Is(err, errStale):
		return pg.Connection
	}
	return pg.ClassOf(err)
}

// A failure is a try that is followed by another.
type failure struct {
	err   error
	class pg.Class
	again time.Duration
}

// persist tries until it succeeds, fails for good, or the retries are used up. what
// names it in the log; failed, where not nil, is told before each wait.
func (p *Pipeline) persist(ctx context.Context, what string, try func() error, failed func(failure)) error {
	waits := &pauses{most: p.config.Retry.MaxElapsed, clock: backoff.SystemClock}
	attempt := 0
	operation := func() error {
		attempt++
		err := try()
		waits.class = classOf(what, err)
		if err != nil && (waits.class.Final() || waits.most == 0 || ctx.Err() != nil) {
			return backoff.Permanent(err)
		}
		return err
	}
	notify := func(err error, again time.Duration) {
		p.log.WarnContext(ctx, "failed, trying again", "step", what, "attempt", attempt, "class", waits.class.Name, "again_in", again.Round(time.Millisecond), "error", err)
		if failed != nil {
			failed(failure{err: err, class: waits.class, again: again})
		}
		if p.db != nil {
			p.db.Pool.Reset() // new connections for the next try
		}
	}
	return backoff.RetryNotifyWithTimer(operation, backoff.WithContext(waits, ctx), notify, p.timer)
}

// attempts runs a stage until it succeeds, fails for good, or the retries are used up.
func (p *Pipeline) attempts(ctx context.Context, s stages.Stage, in stages.Input, lock *runLock) (result stages.Result, attempt int, err error) {
	try := func() error {
		attempt++
		if err := lock.hold(ctx); err != nil && !errors.Is(err, errStale) {
			return err
		}
		var err error
		result, err = p.attempt(ctx, s, in, attempt)
		return err
	}
	failed := func(f failure) {
		args := pg.Args{"run": int64(in.Run), "stage": s.Name, "attempt": attempt, "again_in": f.again}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
		defer cancel()
		if _, err := p.db.Exec(last, p.db.Pool, "00_run/075_again.sql", pg.Data{}, args); err != nil {
			p.log.DebugContext(ctx, "the ledger does not know of the next try", "error", err)
		}
	}
	err = p.persist(ctx, s.Name, try, failed)
	return result, attempt, err
}

// attempt runs a stage once.
func (p *Pipeline) attempt(ctx context.Context, s stages.Stage, in stages.Input, attempt int) (result stages.Result, err error) {
	ctx = logs.With(ctx, slog.Int("attempt", attempt))
	run := int64(in.Run)
	key := pg.Args{"run": run, "stage": s.Name, "attempt": attempt}
	if _, err := p.db.Exec(ctx, p.db.Pool, "00_run/060_begin_stage.sql", pg.Data{}, key); err != nil {
		return result, err
	}
	published := false
	end := func(ctx context.Context, q pg.Querier, r stages.Result, state string, err error) error {
		args := pg.Args{"state": state, "rows_in": r.RowsIn, "rows_changed": r.RowsChanged, "counters": r.Counters, "error": failureText(err), "error_class": nil}
		if err != nil {
			args["error_class"] = classOf(s.Name, err).Name
		}
		for k, v := range key {
			args[k] = v
		}
		_, ended := p.db.Exec(ctx, q, "00_run/070_end_stage.sql", pg.Data{}, args)
		return ended
	}
	in = p.input(ctx, in)
	fenced := *p.db
	fenced.Fence = func(ctx context.Context, tx pgx.Tx) error { return p.fence(ctx, tx, run) }
	in.DB = &fenced
	in.Publish = func(ctx context.Context, q pg.Querier, r stages.Result) error {
		n, err := p.db.Exec(ctx, q, "00_run/080_fence.sql", pg.Data{}, pg.Args{"run": run})
		if err != nil {
			return err
		}
		if n == 0 {
			return errSuperseded
		}
		published, result = true, r
		return end(ctx, q, r, "done", nil)
	}
	limited, cancel := p.limit(ctx)
	defer cancel()
	done, err := s.Run(limited, in)
	switch {
	case err == nil && published:
		return done, nil
	case err != nil && published && p.settled(ctx, key):
		p.log.WarnContext(ctx, "the connection was lost after the commit: by the ledger it came through", "error", err)
		return result, nil
	}
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("not done within retry.attempt_timeout (%s): %w", p.config.Retry.AttemptTimeout, errors.Join(err, limited.Err()))
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer stop()
	ledgerErr := end(last, p.db.Pool, done, ended(ctx, err), err)
	if err == nil && ledgerErr != nil && !p.settled(ctx, key) {
		err = ledgerErr
	}
	return done, err
}

// limit bounds an attempt: backoff never ends one that hangs.
func (p *Pipeline) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.config.Retry.AttemptTimeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, p.config.Retry.AttemptTimeout)
}

// fence fails when the run was superseded, and keeps one that would supersede it
// waiting until the transaction ends.
func (p *Pipeline) fence(ctx context.Context, tx pgx.Tx, run int64) error {
	var running bool
	if err := p.db.Scan(ctx, tx, "00_run/081_hold.sql", pg.Data{}, pg.Args{"run": run}, &running); err != nil || running {
		return err
	}
	return errSuperseded
}

// settled reports whether the ledger says that the attempt is done, although nobody
// answered, also when ctx was cancelled meanwhile. It waits until the transaction in
// doubt has ended: that one holds the row of the run.
func (p *Pipeline) settled(ctx context.Context, attempt pg.Args) (done bool) {
	p.db.Pool.Reset()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	err := p.db.Tx(last, func(tx pgx.Tx) error {
		if err := p.fence(last, tx, attempt["run"].(int64)); err != nil {
			return err
		}
		return p.db.Scan(last, tx, "00_run/076_settle.sql", pg.Data{}, attempt, &done)
	})
	return err == nil && done
}
