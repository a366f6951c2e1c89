package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg"
)

// A PastStage is one attempt at a stage in the ledger.
type PastStage struct {
	Stage       string
	Attempt     int
	State       string // running, done, failed or interrupted
	StartedAt   time.Time
	FinishedAt  *time.Time
	RowsIn      *int64
	RowsChanged *int64
	Error       *string
}

// A PastRun is one run in the ledger.
type PastRun struct {
	RunID      int64
	StartedAt  time.Time
	FinishedAt *time.Time
	AsOf       time.Time
	State      string // running, done, failed or interrupted
	IsFull     bool
	Error      *string
	Stages     []PastStage
}

// History returns the latest runs, newest first.
func (p *Pipeline) History(ctx context.Context, limit int) ([]PastRun, error) {
	rows, err := p.db.Query(ctx, p.db.Pool, "00_run/130_history.sql", pg.Data{}, pg.Args{"limit": limit})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []PastRun
	for rows.Next() {
		var r PastRun
		var stage, state *string
		var attempt *int
		var started *time.Time
		var s PastStage
		if err := rows.Scan(&r.RunID, &r.StartedAt, &r.FinishedAt, &r.AsOf, &r.State, &r.IsFull, &r.Error,
			&stage, &attempt, &state, &started, &s.FinishedAt, &s.RowsIn, &s.RowsChanged, &s.Error); err != nil {
			return nil, err
		}
		if n := len(runs); n == 0 || runs[n-1].RunID != r.RunID {
			runs = append(runs, r)
		}
		if stage != nil {
			s.Stage, s.Attempt, s.State, s.StartedAt = *stage, *attempt, *state, *started
			last := &runs[len(runs)-1]
			last.Stages = append(last.Stages, s)
		}
	}
	return runs, rows.Err()
}

// A Waiting is what is on one worklist.
type Waiting struct {
	Stage string // the stage that will take it up
	Unit  string // what is counted: months, pairs, edges, identifiers, persons, everything, prepared
	Count int64
}

// A Fresh is a published table and when it was published.
type Fresh struct {
	Table       string
	RunID       int64
	NewestEvent *time.Time // received_at of the newest event taken in by then
	PublishedAt time.Time
}

// A Totals says where every event taken in went.
type Totals struct {
	TakenIn, InVisits, Server, Ignored, Bots, Blocked int64 // events
	Rejected, Duplicates                              int64 // source rows
	SignedUp                                          int64 // persons
	FirstMonth, LastMonth                             *time.Time
}

// A Status is what is fresh and what waits.
type Status struct {
	Tables  []Fresh
	Waiting []Waiting // of worklists that are not empty
	Totals  Totals
	LastRun *PastRun
	Running bool // a run holds the lock now
}

// waiting lists the worklists that are not empty.
func (p *Pipeline) waiting(ctx context.Context) ([]Waiting, error) {
	all, err := pg.Collect(ctx, p.db, p.db.Pool, "00_run/140_waiting.sql", pg.Data{}, nil, pgx.RowToStructByPos[Waiting])
	return slices.DeleteFunc(all, func(w Waiting) bool { return w.Count == 0 }), err
}

// fresh lists the published tables.
func (p *Pipeline) fresh(ctx context.Context) ([]Fresh, error) {
	return pg.Collect(ctx, p.db, p.db.Pool, "00_run/150_freshness.sql", pg.Data{}, nil, pgx.RowToStructByPos[Fresh])
}

// Status returns what is fresh and what waits.
func (p *Pipeline) Status(ctx context.Context) (Status, error) {
	var s Status
	var err error
	if s.Tables, err = p.fresh(ctx); err != nil {
		return s, err
	}
	if s.Waiting, err = p.waiting(ctx); err != nil {
		return s, err
	}
	t := &s.Totals
	if err := p.db.Scan(ctx, p.db.Pool, "00_run/160_counters.sql", pg.Data{}, nil, &t.TakenIn, &t.InVisits, &t.Server, &t.Ignored, &t.Bots, &t.Blocked,
		&t.Rejected, &t.Duplicates, &t.SignedUp, &t.FirstMonth, &t.LastMonth); err != nil {
		return s, err
	}
	runs, err := p.History(ctx, 1)
	if err != nil {
		return s, err
	}
	if len(runs) > 0 {
		s.LastRun = &runs[0]
	}
	if err := p.db.Scan(ctx, p.db.Pool, "00_run/012_is_locked.sql", pg.Data{}, p.lockKey(), &s.Running); err != nil {
		return s, err
	}
	return s, nil
}
