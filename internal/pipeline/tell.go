package pipeline

import (
	"context"
	"time"

	"github.com/attribution-dev/attribution/internal/notify"
)

// Tell is what there is to tell of the run, which failed with err, or succeeded.
func (r Report) Tell(err error) notify.Run {
	told := notify.Run{ID: r.RunID, Err: err, AsOf: r.AsOf, Newest: r.Newest}
	for _, s := range r.Stages {
		told.Stages = append(told.Stages, notify.Stage{
			Name: s.Stage.Name, Err: s.Err, Elapsed: s.Elapsed, Attempts: s.Attempts,
			RowsIn: s.Result.RowsIn, RowsChanged: s.Result.RowsChanged, Counters: s.Result.Counters,
		})
	}
	return told
}

// newest is received_at of the newest event that is published; zero when there is none
// or the database does not say.
func (p *Pipeline) newest(ctx context.Context) (newest time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	tables, err := p.fresh(ctx)
	if err != nil {
		p.log.WarnContext(ctx, "how fresh the published data are is not known", "error", err)
		return newest
	}
	for _, t := range tables {
		if t.NewestEvent != nil && t.NewestEvent.After(newest) {
			newest = *t.NewestEvent
		}
	}
	return newest
}
