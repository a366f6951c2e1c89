// Package check proves and explains what was published: the reference SQL, verify and
// explain.
package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/stages"
)

// VerifySchema is the scratch schema Verify computes in. It is made in a transaction
// that is rolled back, so nobody else ever sees it, however Verify ends.
const VerifySchema = "attribution_verify"

// VerifyOptions say how much Verify looks at.
type VerifyOptions struct {
	// SampleOneIn compares the persons whose alias_id fulfils SampleCondition, about
	// one in that many; 0 and 1 compare all. What is recounted is recounted in full.
	SampleOneIn int
	// Progress begins to show a piece of work. Nil: nothing is shown.
	Progress func(label, unit string, total int64) *progress.Progress
}

// Verify proves the published tables: it computes them anew by the reference SQL,
// from the raw source tables alone, and compares row by row; compares who is who; and
// counts anew where every event went. The settings must be those of the last run.
// Settings without sources mean those taken in so far.
//
// Where work waits, published rows are behind their source by design: that is then
// the finding, and only what holds at any time is counted.
//
// It reads everything under one snapshot, takes no lock a run would wait for until
// the comparison at its end, and writes nothing that outlives it; the role needs
// CREATE on the database for VerifySchema. The report names persons; it is for the
// operator's eyes and must not be logged.
func Verify(ctx context.Context, db *pg.DB, s stages.Settings, o VerifyOptions) (VerifyReport, error) {
	v := verification{
		db: db, settings: s, schema: VerifySchema, sample: pg.Args{"sample_one_in": int64(max(o.SampleOneIn, 1))},
		report: VerifyReport{SampleOneIn: max(o.SampleOneIn, 1)},
	}
	if o.Progress != nil {
		v.bar = o.Progress("verify", "steps", verifySteps)
	}
	defer v.bar.Done()
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // drops the scratch schema
	v.tx = tx
	if err := v.run(ctx); err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	return v.report, nil
}

// verifySteps is how often a whole verification moves its progress on: three counts,
// the reference, seven tables, transitions, who is who, the rows taken in, and what ran meanwhile.
const verifySteps = 3 + 1 + 7 + 1 + 1 + 1 + 1

// A verification is one use of Verify.
type verification struct {
	db       *pg.DB
	tx       pgx.Tx
	settings stages.Settings
	schema   string // the reference's tables
	sample   pg.Args
	report   VerifyReport
	bar      *progress.Progress
	pads     *stages.Pads // nil: nobody was forgotten
	lastRun  int64
	waits    bool // for a stage: published rows are behind their source
	differs  bool // from the reference
}

// check reports one thing looked at.
func (v *verification) check(name string, ok bool, format string, args ...any) {
	v.report.Checks = append(v.report.Checks, Check{name, ok, fmt.Sprintf(format, args...)})
}

// note says what a finding may mean.
func (v *verification) note(format string, args ...any) {
	v.report.Notes = append(v.report.Notes, fmt.Sprintf(format, args...))
}

// statement is one query that returns one row.
func (v *verification) statement(ctx context.Context, file string, d pg.Data, args pg.Args, dest ...any) error {
	return v.db.Scan(ctx, v.tx, "09_check/"+file, d, args, dest...)
}

func (v *verification) run(ctx context.Context) error {
	known, err := v.state(ctx)
	if err != nil || !known {
		return err
	}
	if v.pads, err = stages.ReadPads(ctx, v.db, v.tx); err != nil {
		return err
	}
	steps := []func(context.Context) error{v.recountMonths}
	if !v.waits {
		steps = append(steps, v.recountTotals, v.countSource, v.computeReference)
		for _, table := range ReferenceTables() {
			steps = append(steps, func(ctx context.Context) error { return v.compareTable(ctx, table) })
		}
		steps = append(steps, v.compareTransitions, v.compareIdentity, v.compareTakenIn)
	}
	steps = append(steps, v.meanwhile)
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
		v.bar.Add(1)
	}
	return nil
}

// state finds out what there is to verify, and whether work waits; false says that
// there is nothing yet.
func (v *verification) state(ctx context.Context) (bool, error) {
	var asOf *time.Time
	var extract *string
	var reading int64
	if err := v.statement(ctx, "010_state.sql", pg.Data{}, nil, &asOf, &extract, &reading, &v.lastRun); err != nil {
		return false, err
	}
	const name = "no work waits"
	if asOf == nil {
		v.check(name, false, "nothing has been taken in completely yet: run \"attribution run\"")
		return false, nil
	}
	v.report.AsOf = asOf.UTC()
	waiting, err := v.waiting(ctx)
	if err != nil {
		return false, err
	}
	if reading > 0 {
		waiting = append(waiting, fmt.Sprintf("source tables whose first reading goes on: %d", reading))
	}
	if extract != nil && *extract != "done" {
		waiting = append(waiting, "the last extraction did not complete")
	}
	if v.waits = len(waiting) > 0; v.waits {
		v.check(name, false, "%s; the published tables can only be compared when nothing waits: run \"attribution run\", then verify again",
			joined(waiting))
		return true, nil
	}
	v.check(name, true, "compared are the source rows loaded until %s", v.report.AsOf.Format(timeLayout))
	if len(v.settings.Sources) == 0 {
		v.settings.Sources, err = pg.Collect(ctx, v.db, v.tx, "09_check/015_sources.sql", pg.Data{}, nil, pgx.RowTo[string])
	}
	return true, err
}

// waiting says what is on the worklists.
func (v *verification) waiting(ctx context.Context) ([]string, error) {
	rows, err := v.db.Query(ctx, v.tx, "00_run/140_waiting.sql", pg.Data{}, nil)
	if err != nil {
		return nil, err
	}
	var found []string
	var stage, unit string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&stage, &unit, &n}, func() error {
		switch {
		case n == 0:
		case unit == "everything":
			found = append(found, "stage "+stage+" has to do everything anew")
		case unit == "prepared":
			found = append(found, "what was prepared waits for stage "+stage)
		default:
			found = append(found, fmt.Sprintf("%s that wait for stage %s: %d", unit, stage, n))
		}
		return nil
	})
	return found, err
}

// computeReference makes the reference's tables from the source tables.
func (v *verification) computeReference(ctx context.Context) error {
	o := ReferenceOf(v.settings)
	o.Schema, o.AsOf, o.SampleOneIn = VerifySchema, v.report.AsOf, v.report.SampleOneIn
	o.Pads, o.Forgotten = v.pads, pg.Table{Schema: v.db.Names.Ops, Name: "forgotten"}
	err := Reference(ctx, v.tx.Conn(), o)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42501" {
		return fmt.Errorf("%w: verify makes a scratch schema %s and drops it: grant the role CREATE on the database", err, VerifySchema)
	}
	return err
}

// meanwhile says whether a run has begun since: what it swaps and truncates is gone
// from under the snapshot, so that its doing may look like differences.
func (v *verification) meanwhile(ctx context.Context) error {
	if v.report.Ok() || v.waits {
		return nil
	}
	var asOf, extract any
	var reading, last int64
	if err := v.db.Scan(ctx, v.db.Pool, "09_check/010_state.sql", pg.Data{}, nil, &asOf, &extract, &reading, &last); err != nil {
		return err
	}
	if last != v.lastRun {
		v.note("run %d began while verify was at work: what differs may be its doing. Verify again when it is done.", last)
	}
	return nil
}
