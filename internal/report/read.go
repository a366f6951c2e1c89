package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/pg"
)

// Options say what is reported.
type Options struct {
	// From is the first day and Until the day after the last, midnights in UTC. Zero:
	// Until is the day after the newest event, From begins the month a year before the
	// last day's, so that the first month and the last can be compared.
	From, Until time.Time
	Conversion  string    // signup, or a name given in conversions
	Model       string    // one of Models
	Now         time.Time // ends the period where nothing was published yet
	// Currency is the reporting currency; empty: the one conversions are in.
	Currency string
	// Rates say what one unit of another currency is worth in it.
	Rates map[string]float64
}

// A UsageError is a request that makes no sense, or none for the data there are.
type UsageError struct{ text string }

// Error says what was wrong.
func (e *UsageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// top is how many campaigns and pages are listed; the others are one row.
const top = 20

// Read reads the report in one read-only transaction, so that all numbers are of one
// moment. What the role may not read is said in its place.
func Read(ctx context.Context, db *pg.DB, o Options) (*Report, error) {
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing was written
	r := &reading{db: db, tx: tx, o: o, report: &Report{Conversion: o.Conversion, Model: o.Model}}
	if _, err := db.Exec(ctx, tx, "12_report/005_memory.sql", pg.Data{}, nil); err != nil {
		return nil, explained(err)
	}
	if err := r.period(ctx); err != nil {
		return nil, explained(err)
	}
	for _, read := range []func(context.Context) (Section, error){
		r.headline, r.overTime, r.flow, r.models, r.campaigns, r.pages, r.journey, r.retention, r.quality,
	} {
		s, err := read(ctx)
		if err != nil {
			return nil, explained(err)
		}
		s.Counted = counted[s.ID]
		r.report.Sections = append(r.report.Sections, s)
	}
	return r.report, nil
}

// explained adds what to do about tables that are not there, or not to be read.
func explained(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "42P01", "3F000", "42703":
			return fmt.Errorf("%w: run \"attribution migrate\", and see that the setting schemas is the job's", err)
		case "42501":
			return fmt.Errorf("%w: the role needs SELECT on the schema sessions, as deploy/grants.sql gives it to attribution_analysts", err)
		}
	}
	return err
}

// A reading is one use of Read.
type reading struct {
	db     *pg.DB
	tx     pgx.Tx
	o      Options
	report *Report

	conversions int64 // of the period
	touched     int64 // those with a touch
	bots        int64 // sessions of crawlers
	people      int64 // the others
	hasSpend    bool
	hasRevenue  bool
}

// args are the period's bounds and what else is named.
func (r *reading) args(more pg.Args) pg.Args {
	args := pg.Args{"from": r.o.From, "until": r.o.Until}
	for k, v := range more {
		args[k] = v
	}
	return args
}

// ofConversion are the bounds and the conversion.
func (r *reading) ofConversion(more pg.Args) pg.Args {
	args := r.args(more)
	args["conversion"] = r.o.Conversion
	return args
}

// ofModel are the bounds, the conversion and the model.
func (r *reading) ofModel(more pg.Args) pg.Args {
	args := r.ofConversion(more)
	args["model"] = r.o.Model
	return args
}

// row reads a statement's one row.
func (r *reading) row(ctx context.Context, file string, args pg.Args, dest ...any) error {
	return r.db.Scan(ctx, r.tx, file, pg.Data{}, args, dest...)
}

// rows reads a statement's rows.
func rows[T any](ctx context.Context, r *reading, file string, d pg.Data, args pg.Args) ([]T, error) {
	return pg.Collect(ctx, r.db, r.tx, file, d, args, pgx.RowToStructByPos[T])
}

// allowed runs read, and reports whether the role may read what it reads. The
// transaction goes on either way.
func (r *reading) allowed(ctx context.Context, read func() error) (bool, error) {
	point, err := r.tx.Begin(ctx) // a savepoint
	if err != nil {
		return false, err
	}
	err = read()
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "42501" {
		return false, point.Rollback(ctx)
	}
	return err == nil, err
}

// period settles the period, and refuses a conversion nobody knows.
func (r *reading) period(ctx context.Context) error {
	if err := r.row(ctx, "12_report/010_newest.sql", nil, &r.report.Newest); err != nil {
		return err
	}
	newest := r.o.Now
	if r.report.Newest != nil {
		newest = *r.report.Newest
	}
	if r.o.Until.IsZero() {
		r.o.Until = newest.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	if r.o.From.IsZero() {
		last := r.o.Until.AddDate(0, 0, -1)
		r.o.From = time.Date(last.Year()-1, last.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	if !r.o.From.Before(r.o.Until) {
		return usagef("the period ends before it begins: from %s, to %s, which is the first day left out", dayOf(r.o.From), dayOf(r.o.Until))
	}
	r.report.From, r.report.Until = dayOf(r.o.From), dayOf(r.o.Until)
	if r.o.Conversion == "signup" {
		return nil
	}
	names, err := pg.Collect(ctx, r.db, r.tx, "12_report/011_conversions.sql", pg.Data{}, nil, pgx.RowTo[string])
	if err == nil && !slices.Contains(names, r.o.Conversion) {
		there := "nothing was published yet"
		if len(names) > 0 {
			there = "there are: " + strings.Join(names, ", ")
		}
		err = usagef("no conversion is named %q: %s", r.o.Conversion, there)
	}
	return err
}
