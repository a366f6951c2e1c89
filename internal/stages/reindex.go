package stages

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

func runReindex(ctx context.Context, in Input) (Result, error) {
	var r Result
	for _, step := range []func(context.Context, *Result) error{in.repairIndexes, in.dropLeftovers, in.analyze, in.checkBounds, in.checkEvents, in.checkTotals, in.checkCopies} {
		if err := step(ctx, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (in *Input) schemas() []string { return Schemas(in.DB.Names) }

// Schemas lists the schemas of our tables.
func Schemas(n pg.Names) []string {
	return []string{n.Segment, n.Stages, n.Sessions, n.Aliases, n.Ops}
}

var concurrently = regexp.MustCompile(`_cc(new|old)\d*$`)

// IsIndexLeftover reports whether a cancelled REINDEX CONCURRENTLY left the index
// behind, beside the one that is in use.
func IsIndexLeftover(name string) bool { return concurrently.MatchString(name) }

// repairIndexes drops the leftovers of cancelled builds and builds other invalid
// indexes anew.
func (in *Input) repairIndexes(ctx context.Context, r *Result) error {
	invalid, err := pg.Collect(ctx, in.DB, in.DB.Pool, "08_reindex/010_invalid_indexes.sql", pg.Data{},
		pg.Args{"schemas": in.schemas()}, pgx.RowToStructByPos[pg.Table])
	if err != nil {
		return err
	}
	for _, i := range invalid {
		file := "08_reindex/030_reindex.sql"
		if IsIndexLeftover(i.Name) {
			file = "08_reindex/020_drop_index.sql"
		}
		if _, err := in.DB.Exec(ctx, in.DB.Pool, file, pg.Data{Table: i.Ident()}, none); err != nil {
			return err
		}
		r.count("indexes_repaired", 1)
		r.RowsChanged++
	}
	return nil
}

// Leftovers lists the tables built aside, or replaced, that nobody will publish: those
// of killed runs. While something is prepared there are none: it may be among them.
func Leftovers(ctx context.Context, db *pg.DB, q pg.Querier) ([]pg.Table, error) {
	in := &Input{DB: db}
	waiting, err := in.readPrepared(ctx, q)
	if err != nil || waiting != nil {
		return nil, err
	}
	return in.asideTables(ctx, q, true)
}

func (in *Input) dropLeftovers(ctx context.Context, r *Result) error {
	tables, err := Leftovers(ctx, in.DB, in.DB.Pool)
	if err != nil || len(tables) == 0 {
		return err
	}
	r.count("leftovers", int64(len(tables)))
	return in.dropOld(ctx)
}

func (in *Input) parents() []pg.Table {
	n := in.DB.Names
	return append(in.monthly(), Published(n)...)
}

// Published lists what analysts read; all are partitioned.
func Published(n pg.Names) (tables []pg.Table) {
	for _, name := range publishedTables {
		tables = append(tables, pg.Table{Schema: n.Sessions, Name: name})
	}
	return tables
}

// Analyzed lists the tables whose statistics stage 8 takes.
func Analyzed(n pg.Names) []pg.Table {
	return append(Published(n),
		pg.Table{Schema: n.Stages, Name: "all_tracks"},
		pg.Table{Schema: n.Stages, Name: "all_conversions"},
		pg.Table{Schema: n.Stages, Name: "all_sightings"},
		pg.Table{Schema: n.Aliases, Name: "user_ids"},
		pg.Table{Schema: n.Aliases, Name: "anonymous_ids"},
		pg.Table{Schema: n.Aliases, Name: "edges"},
	)
}

// analyze takes the statistics of the tables that need it.
func (in *Input) analyze(ctx context.Context, r *Result) error {
	var schemas, names []string
	for _, t := range Analyzed(in.DB.Names) {
		schemas, names = append(schemas, t.Schema), append(names, t.Name)
	}
	stale, err := pg.Collect(ctx, in.DB, in.DB.Pool, "08_reindex/035_stale.sql", pg.Data{},
		pg.Args{"schemas": schemas, "names": names}, pgx.RowToStructByPos[pg.Table])
	if err != nil {
		return err
	}
	for _, t := range stale {
		if _, err := in.DB.Exec(ctx, in.DB.Pool, "08_reindex/040_analyze.sql", pg.Data{Table: t.Ident()}, none); err != nil {
			return err
		}
	}
	r.count("tables_analyzed", int64(len(stale)))
	return nil
}

// A bound is a partition and its bounds as the catalog prints them.
type bound struct {
	Name    string
	Bounds  string
	Pending bool // detach pending
}

var fromTo = regexp.MustCompile(`FROM \('?([^')]*)'?\) TO \('?([^')]*)'?\)`)

// checkBounds sees that every monthly table's partitions follow each other without
// gap or overlap, over month and year ends.
func (in *Input) checkBounds(ctx context.Context, r *Result) error {
	for _, parent := range in.parents() {
		bounds, err := pg.Collect(ctx, in.DB, in.DB.Pool, "08_reindex/050_bounds.sql", pg.Data{},
			pg.Args{"schema": parent.Schema, "parent": parent.Name}, pgx.RowToStructByPos[bound])
		if err != nil {
			return err
		}
		edges := map[string]string{}
		for _, b := range bounds {
			if b.Pending {
				return Permanent(fmt.Errorf("partition %s of %s is being detached: run ALTER TABLE %s DETACH PARTITION … FINALIZE", b.Name, parent.Ident(), parent.Ident()))
			}
			m := fromTo.FindStringSubmatch(b.Bounds)
			if m == nil {
				return Permanent(fmt.Errorf("partition %s of %s has bounds %q, which are not ours", b.Name, parent.Ident(), b.Bounds))
			}
			if other, twice := edges[m[1]]; twice {
				return Permanent(fmt.Errorf("partitions of %s: two begin at %s, one ends at %s", parent.Ident(), m[1], other))
			}
			edges[m[1]] = m[2]
		}
		if err := contiguous(edges); err != nil {
			return Permanent(fmt.Errorf("partitions of %s: %w", parent.Ident(), err))
		}
		r.count("partitions", int64(len(bounds)))
	}
	return nil
}

// contiguous walks from partition to partition: exactly one must have no
// predecessor.
func contiguous(edges map[string]string) error {
	ends := map[string]bool{}
	for _, to := range edges {
		ends[to] = true
	}
	starts := 0
	for from, to := range edges {
		if !ends[from] {
			starts++
			if starts > 1 {
				return fmt.Errorf("a gap before %s", from)
			}
		}
		if from == to {
			return fmt.Errorf("an empty partition at %s", from)
		}
	}
	return nil
}

// checkEvents sees that each month's events are all accounted for.
func (in *Input) checkEvents(ctx context.Context, _ *Result) error {
	lost, err := pg.Collect(ctx, in.DB, in.DB.Pool, "08_reindex/060_lost_events.sql", pg.Data{}, none,
		func(row pgx.CollectableRow) (string, error) {
			var day time.Time
			var taken, visits, server, ignored, bots, rejected int64
			err := row.Scan(&day, &taken, &visits, &server, &ignored, &bots, &rejected)
			return fmt.Sprintf("month %s: %d events taken in, but %d in visits + %d server + %d ignored + %d bots + %d rejected",
				month.Of(day), taken, visits, server, ignored, bots, rejected), err
		})
	if err != nil || len(lost) == 0 {
		return err
	}
	return Permanent(fmt.Errorf("events are not conserved: %s: run \"attribution run --month MONTH\" for it, and report this defect", lost[0]))
}

// checkBalance sees, unless work waits, that every event in a visit is in a session.
func (in *Input) checkBalance(ctx context.Context, q pg.Querier) (waits bool, err error) {
	var visits, sessions int64
	if err := in.DB.Scan(ctx, q, "00_shared/110_balance.sql", pg.Data{}, none, &waits, &visits, &sessions); err != nil || waits || visits == sessions {
		return waits, err
	}
	return false, Permanent(fmt.Errorf("events are not conserved: %d in visits, %d in sessions: run \"attribution run --from-stage resessionize --full\", and report this defect", visits, sessions))
}

// checkTotals sees, once no work waits, that every event in a visit is in a session
// and every signed-up person in attribution.
func (in *Input) checkTotals(ctx context.Context, _ *Result) error {
	waits, err := in.checkBalance(ctx, in.DB.Pool)
	if err != nil || waits {
		return err
	}
	var persons, rows int64
	if err := in.DB.Scan(ctx, in.DB.Pool, "08_reindex/070_totals.sql", pg.Data{}, pg.Args{"signup": Signup}, &persons, &rows); err != nil {
		return err
	}
	if persons != rows {
		return Permanent(fmt.Errorf("signups are not conserved: %d signed-up persons, %d rows of attribution: run \"attribution run --from-stage resessionize --full\", and report this defect", persons, rows))
	}
	return nil
}

// checkCopies sees that no event was taken in twice, also over a month's end.
func (in *Input) checkCopies(ctx context.Context, _ *Result) error {
	months, err := in.months(ctx, in.DB.Pool)
	if err == nil {
		err = in.summarize(ctx, months)
	}
	if err != nil {
		return err
	}
	var checked, copies int64
	if err := in.DB.Scan(ctx, in.DB.Pool, "08_reindex/075_checked.sql", pg.Data{}, none, &checked); err != nil {
		return err
	}
	args := pg.Args{"checked": checked, "dedup_window": interval(in.Settings.DedupWindow)}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		if checked > 0 {
			if _, err := in.DB.Exec(ctx, tx, "08_reindex/077_prefer_blocks.sql", pg.Data{}, none); err != nil {
				return err
			}
		}
		return in.DB.Scan(ctx, tx, "08_reindex/080_copies.sql", pg.Data{Flag: checked == 0}, args, &copies)
	})
	if err != nil {
		return err
	}
	if copies > 0 {
		return Permanent(fmt.Errorf("%d events were taken in twice: two copies of an id within %s in app_tracks: report this defect", copies, in.Settings.DedupWindow))
	}
	_, err = in.DB.Exec(ctx, in.DB.Pool, "08_reindex/090_checked.sql", pg.Data{}, none)
	return err
}
