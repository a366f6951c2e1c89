package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/notify"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// ErrNothingToRetry says that the last run succeeded.
var ErrNothingToRetry = errors.New("nothing to retry")

// Resume is the request that goes on with the last run where it failed or was stopped,
// with its own parameters. It fails with ErrNothingToRetry when that run succeeded, and
// with ErrUsage when there was none.
func (p *Pipeline) Resume(ctx context.Context) (Request, error) {
	var r Request
	var state string
	var asOf time.Time
	var names, done []string
	rows, err := p.db.Query(ctx, p.db.Pool, "00_run/170_last_run.sql", pg.Data{}, nil)
	if err != nil {
		return r, err
	}
	_, err = pgx.ForEachRow(rows, []any{&r.RetryOf, &state, &r.Full, &names, &asOf, &r.Choices, &done}, func() error { return nil })
	switch {
	case err != nil:
		return r, err
	case r.RetryOf == 0:
		return r, usage(errors.New("no run has been made yet: \"attribution run\" makes the first"))
	case state == notify.Done:
		return r, fmt.Errorf("%w: run %d, the last one, succeeded", ErrNothingToRetry, r.RetryOf)
	}
	waiting, err := p.waiting(ctx)
	if err != nil {
		return r, err
	}
	// What a full run built aside may be gone since: stages 6 and 7 have nothing then.
	prepared := slices.ContainsFunc(waiting, func(w Waiting) bool { return w.Unit == "prepared" })
	if r.Full && !prepared {
		done = slices.DeleteFunc(done, func(name string) bool { return name == "resessionize" })
	}
	r.AsOf = asOf
	for _, s := range stages.All() {
		if slices.Contains(names, s.Name) && (len(r.Stages) > 0 || !slices.Contains(done, s.Name)) {
			r.Stages = append(r.Stages, s)
		}
	}
	if len(r.Stages) == 0 {
		return r, fmt.Errorf("%w: all stages of run %d, the last one, are done", ErrNothingToRetry, r.RetryOf)
	}
	return r, nil
}
