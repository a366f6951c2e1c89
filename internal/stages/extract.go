package stages

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

func runExtract(ctx context.Context, in Input) (Result, error) { return in.extract(ctx) }

func (in *Input) extract(ctx context.Context) (Result, error) {
	var r Result
	tables, err := in.sourceTables(ctx, &r)
	if err != nil {
		return r, err
	}
	if in.forgets, err = ReadPads(ctx, in.DB, in.DB.Pool); err != nil {
		return r, err
	}
	if err := in.announceFirst(ctx, tables); err != nil {
		return r, err
	}
	if in.Reconcile && !in.DB.Dry() {
		if err := in.reconcile(ctx, tables, &r); err != nil {
			return r, err
		}
	}
	planned := estimate{in: in, persons: map[event.Person]bool{}}
	for i := range tables {
		t := &tables[i]
		if err := in.addColumns(ctx, t); err != nil {
			return r, err
		}
		windows, err := in.windows(ctx, t)
		if err != nil {
			return r, fmt.Errorf("%s: %w", t, err)
		}
		bar := in.Progress("extract "+t.String(), "rows", t.info.EstimatedRows)
		for _, w := range windows {
			if in.DB.Dry() {
				if err := planned.add(ctx, t, w); err != nil {
					return r, fmt.Errorf("%s %s: %w", t, w.label, err)
				}
			}
			n, err := in.takeIn(ctx, t, w, &r)
			if err != nil {
				return r, fmt.Errorf("%s %s: %w", t, w.label, err)
			}
			bar.Add(n)
		}
		bar.Done()
	}
	if _, err := in.DB.Exec(ctx, in.DB.Pool, "01_extract/182_clear_ids.sql", pg.Data{Full: true}, none); err != nil {
		return r, err
	}
	if n := r.Counters["rows_rejected"]; n > 0 {
		r.warn(fmt.Sprintf("%d source rows were rejected; see %s.rejected_rows for which and why", n, in.DB.Names.Ops))
	}
	if in.DB.Dry() {
		r.RowsIn = planned.rows
		r.Note, err = planned.note(ctx)
	}
	return r, err
}

// worthHashing is how many rows make reading the months they may have copies in, once,
// better than looking into the index for each: about as many as arrive in a busy week.
const worthHashing = 500_000

// takeIn reads one window and takes its new rows in: one transaction, together with
// the worklist, the counters and the watermark.
func (in *Input) takeIn(ctx context.Context, t *sourceTable, w window, r *Result) (read int64, err error) {
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		if w.Again {
			read, err = in.mergeAgain(ctx, tx, t, w, r)
		} else {
			read, err = in.merge(ctx, tx, t, w, r)
		}
		return err
	})
	return read, err
}

// mergeAgain reads the copies of rows that were removed, and clears their worklist.
func (in *Input) mergeAgain(ctx context.Context, tx pgx.Tx, t *sourceTable, w window, r *Result) (int64, error) {
	key := pg.Args{"source": t.source, "kind": int16(t.info.Kind)}
	if _, err := in.DB.Exec(ctx, tx, "01_extract/181_uncount_copies.sql", pg.Data{}, key); err != nil {
		return 0, err
	}
	read, err := in.merge(ctx, tx, t, w, r)
	if err != nil {
		return 0, err
	}
	_, err = in.DB.Exec(ctx, tx, "01_extract/182_clear_ids.sql", pg.Data{}, key)
	return read, err
}

func (in *Input) merge(ctx context.Context, tx pgx.Tx, t *sourceTable, w window, r *Result) (int64, error) {
	d := t.data()
	d.Window, d.Forgets = w.Window, in.forgets != nil
	d.Table = in.takenTable(t).Ident()
	exec := func(file string, args pg.Args) (int64, error) {
		return in.DB.Exec(ctx, tx, "01_extract/"+file, d, args)
	}
	who := pg.Args{"source": t.source, "kind": int16(t.info.Kind), "run": int64(in.Run)}
	with := func(more pg.Args) pg.Args {
		all := pg.Args{}
		for _, m := range []pg.Args{who, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	pad := interval(in.Settings.DedupWindow)

	var extract int64
	if err := in.DB.Scan(ctx, tx, "01_extract/005_next_extract.sql", d, none, &extract); err != nil {
		return 0, err
	}
	reading := pg.Args{"longest": event.MaxIdentifierBytes, "spaces": event.Whitespace}
	if w.Again {
		reading["source"], reading["kind"] = t.source, int16(t.info.Kind)
	} else {
		reading["from"], reading["to"] = w.from, w.to
	}
	crawlers, err := in.crawlers(ctx, tx, d, maps.Clone(reading))
	if err != nil {
		return 0, err
	}
	if d.UserAgents {
		reading["crawlers"] = crawlers
	}
	var straight straightIn
	window := d
	if w.goesStraightIn(t) {
		window.Flag, window.Columns = true, slices.Concat(t.items, t.raw)
		reading["settled"] = in.settled(t, w.asOf)
		maps.Copy(reading, in.forgets.Args())
		if straight, err = in.takeStraightIn(ctx, tx, t, window, w, extract, reading); err != nil {
			return 0, err
		}
	}
	reading["as_of"], reading["min"], reading["max"] = w.asOf, event.MinTime.Time(), event.MaxTime.Time()
	careful, err := in.DB.Exec(ctx, tx, "01_extract/040_read_window.sql", window, reading)
	if err != nil {
		return 0, err
	}
	read := straight.rows + careful
	r.RowsIn += read
	r.RowsChanged += straight.rows
	r.count("rows_read", read)
	if careful == 0 && !in.DB.Dry() {
		return read, in.moveWatermark(ctx, tx, t, w, straight.loaded)
	}
	if w.days {
		if err := in.rememberDays(ctx, tx, t, w); err != nil {
			return 0, err
		}
	}
	forgotten, err := in.dropForgotten(ctx, tx, d)
	if err != nil {
		return 0, err
	}
	var m measure
	if err := in.DB.Scan(ctx, tx, "01_extract/045_measure.sql", d, none, &m.rows, &m.loaded, &m.first, &m.last, &m.withoutID); err != nil {
		return 0, err
	}
	rejected, err := exec("050_reject.sql", who)
	if err != nil {
		return 0, err
	}
	if m.withoutID > 0 || in.DB.Dry() {
		if _, err := exec("060_make_ids.sql", none); err != nil {
			return 0, err
		}
	}
	var copies, known, duplicates, replaced, judged int64
	// Also where ids are unique at the source: two may be one when trimmed.
	if copies, err = exec("070_drop_copies.sql", with(pg.Args{"dedup_window": pad})); err != nil {
		return 0, err
	}
	untaken := w.reading != nil && w.reading.fresh && w.reading.begins && !window.Flag
	if m.rows > 0 && !untaken || in.DB.Dry() {
		args := pg.Args{"source": t.source, "kind": int16(t.info.Kind), "dedup_window": pad, "from": m.first, "to": m.last}
		if m.rows > 0 {
			args["from"], args["to"] = m.first.Add(-in.Settings.DedupWindow), m.last.Add(in.Settings.DedupWindow)
		}
		if _, err := exec("031_create_matched.sql", none); err != nil {
			return 0, err
		}
		match := d
		match.Flag, match.Full = t.info.HasUniqueID, m.rows > worthHashing
		matched, err := in.DB.Exec(ctx, tx, "01_extract/080_match.sql", match, args)
		if err != nil {
			return 0, err
		}
		if matched > 0 || in.DB.Dry() {
			if known, err = exec("090_drop_known.sql", none); err != nil {
				return 0, err
			}
			if duplicates, err = exec("100_drop_duplicates.sql", who); err != nil {
				return 0, err
			}
			if err := in.DB.Scan(ctx, tx, "01_extract/110_replace.sql", d, with(pg.Args{"extract": extract}), &replaced, &judged); err != nil {
				return 0, err
			}
		}
	}
	inserted, err := in.insert(ctx, tx, t, d, extract)
	if err != nil {
		return 0, err
	}
	if err := in.moveWatermark(ctx, tx, t, w, later(m.loaded, straight.loaded)); err != nil {
		return 0, err
	}
	r.RowsChanged += inserted + replaced + judged
	r.count("rows_known", known)
	r.count("rows_rejected", rejected)
	r.count("rows_duplicate", copies+duplicates+replaced)
	r.count("rows_replaced", replaced)
	r.count("rows_judged", judged)
	if in.forgets != nil {
		r.count("rows_forgotten", forgotten)
	}
	return read, nil
}

// crawlers are the user agents of the window that are crawlers'.
func (in *Input) crawlers(ctx context.Context, tx pgx.Tx, d pg.Data, reading pg.Args) ([]string, error) {
	found := []string{}
	if !d.UserAgents {
		return found, nil
	}
	delete(reading, "longest")
	if !d.Window.Again {
		delete(reading, "spaces")
	}
	rows, err := in.DB.Query(ctx, tx, "01_extract/027_read_user_agents.sql", d, reading)
	if err != nil {
		return nil, err
	}
	var agent string
	_, err = pgx.ForEachRow(rows, []any{&agent}, func() error {
		if in.Settings.Rules.IsCrawler(agent) {
			found = append(found, agent)
		}
		return nil
	})
	return found, err
}

// A measure is what a window held.
type measure struct {
	rows, withoutID     int64
	loaded, first, last *time.Time
}

// A straightIn is what went in straight from the source.
type straightIn struct {
	rows   int64
	loaded *time.Time
}

// goesStraightIn tells that nothing in the window can be known but rows a loader may
// still be at.
func (w window) goesStraightIn(t *sourceTable) bool {
	return w.reading != nil && w.reading.fresh && w.Received && t.goesStraightIn()
}

// takeStraightIn takes a window of a first reading in but for the rows that need care.
// Rows loaded within the overlap do: an update still on its way as the reading began may
// move one from a window read before to this one, under a later received_at.
//
// What it takes in was counted before, by month. Since no row loaded so long ago can be
// new, the counts hold if as many rows went in; else some are gone, and it counts again.
func (in *Input) takeStraightIn(ctx context.Context, tx pgx.Tx, t *sourceTable, d pg.Data, w window, extract int64, reading pg.Args) (s straightIn, err error) {
	counted := w.reading.months
	months := make([]month.Month, len(counted))
	var plain int64
	for i, m := range counted {
		months[i] = m.month
		plain += m.plain
	}
	if err := in.makeMonths(ctx, tx, months); err != nil {
		return s, err
	}
	args := maps.Clone(reading)
	args["source"], args["kind"], args["extract"] = t.source, int16(t.info.Kind), extract
	if s.rows, err = in.DB.Exec(ctx, tx, "01_extract/030_take_straight_in.sql", d, args); err != nil || s.rows == 0 && !in.DB.Dry() {
		return s, err
	}
	taken := pg.Args{"extract": extract, "from": w.from, "to": w.to}
	if err := in.markPairs(ctx, tx, d, months, taken); err != nil {
		return s, err
	}
	if s.rows != plain {
		counted, err = pg.Collect(ctx, in.DB, tx, "01_extract/032_recount.sql", d, taken, scanHeldMonth)
		if err != nil {
			return s, err
		}
	}
	err = in.countStraight(ctx, tx, t, counted, &s)
	return s, err
}

func (in *Input) countStraight(ctx context.Context, tx pgx.Tx, t *sourceTable, counted []heldMonth, s *straightIn) error {
	var starts, newest []time.Time
	var rows []int64
	for _, m := range counted {
		if m.plain > 0 {
			starts, newest, rows = append(starts, m.month.Start()), append(newest, *m.newest), append(rows, m.plain)
			s.loaded = later(s.loaded, m.loaded)
		}
	}
	if t.identities() {
		return nil
	}
	_, err := in.DB.Exec(ctx, tx, "01_extract/033_count_straight.sql", pg.Data{}, pg.Args{"months": starts, "newest": newest, "rows": rows})
	return err
}

// makeMonths makes months as needed; those made are to be sessionized whole.
func (in *Input) makeMonths(ctx context.Context, tx pgx.Tx, months []month.Month) error {
	made, err := in.ensureMonths(ctx, tx, months)
	if err != nil {
		return err
	}
	for _, m := range made {
		if _, err := in.DB.Exec(ctx, tx, "01_extract/125_mark_month.sql", pg.Data{}, pg.Args{"month": m.Start(), "reason": "first rows of the month"}); err != nil {
			return err
		}
	}
	return nil
}

// markPairs puts the pairs of rows taken in down, unless all of the months wait to be
// sessionized whole.
func (in *Input) markPairs(ctx context.Context, tx pgx.Tx, d pg.Data, months []month.Month, args pg.Args) error {
	starts := make([]time.Time, len(months))
	for i, m := range months {
		starts[i] = m.Start()
	}
	whole, err := pg.Collect(ctx, in.DB, tx, "01_extract/126_whole_months.sql", d, pg.Args{"months": starts}, pgx.RowTo[int])
	if err != nil || whole[0] == len(months) && !in.DB.Dry() {
		return err
	}
	_, err = in.DB.Exec(ctx, tx, "01_extract/140_mark_pairs.sql", d, args)
	return err
}

// insert takes the remaining incoming rows in, making months as needed, and puts
// their pairs down.
func (in *Input) insert(ctx context.Context, tx pgx.Tx, t *sourceTable, d pg.Data, extract int64) (int64, error) {
	var months []month.Month
	if !in.DB.Dry() {
		starts, err := pg.Collect(ctx, in.DB, tx, "01_extract/120_incoming_months.sql", d, none, pgx.RowTo[time.Time])
		if err != nil || len(starts) == 0 {
			return 0, err
		}
		for _, s := range starts {
			months = append(months, month.Of(s))
		}
	}
	if err := in.makeMonths(ctx, tx, months); err != nil {
		return 0, err
	}
	inserted, err := in.DB.Exec(ctx, tx, "01_extract/130_take_in.sql", d, pg.Args{"source": t.source, "kind": int16(t.info.Kind), "extract": extract})
	if err != nil {
		return 0, err
	}
	if err := in.markPairs(ctx, tx, d, months, pg.Args{"extract": extract}); err != nil {
		return 0, err
	}
	if !t.identities() {
		if _, err := in.DB.Exec(ctx, tx, "01_extract/150_count.sql", d, none); err != nil {
			return 0, err
		}
	}
	return inserted, nil
}

func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// moveWatermark moves on in the transaction that took the rows in.
func (in *Input) moveWatermark(ctx context.Context, tx pgx.Tx, t *sourceTable, w window, loaded *time.Time) error {
	args := t.key()
	args["load_time"], args["first_as_of"], args["next_month"] = loaded, nil, nil
	if w.reading != nil && !w.reading.done {
		args["first_as_of"], args["next_month"] = w.reading.asOf, w.reading.next.Start()
	}
	_, err := in.DB.Exec(ctx, tx, "01_extract/160_move_watermark.sql", pg.Data{}, args)
	return err
}

// rememberDays keeps how many rows the days of a window held, as it was read: a row
// that comes later makes the count differ.
func (in *Input) rememberDays(ctx context.Context, tx pgx.Tx, t *sourceTable, w window) error {
	const day = 24 * time.Hour
	args := t.key()
	args["from"] = w.from.UTC().Add(day - 1).Truncate(day)
	_, err := in.DB.Exec(ctx, tx, "01_extract/026_remember_days.sql", t.data(), args)
	return err
}
