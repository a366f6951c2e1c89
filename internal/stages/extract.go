package stages

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

func runExtract(ctx context.Context, in Input) (Result, error) {
	var r Result
	tables, err := in.sourceTables(ctx, &r)
	if err != nil {
		return r, err
	}
	if err := in.announceFirst(ctx, tables); err != nil {
		return r, err
	}
	planned := estimate{in: &in, persons: map[event.Person]bool{}}
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
	if n := r.Counters["rows_rejected"]; n > 0 {
		r.warn(fmt.Sprintf("%d source rows were rejected; see %s.rejected_rows for which and why", n, in.DB.Names.Ops))
	}
	if in.DB.Dry() {
		r.RowsIn = planned.rows
		r.Note, err = planned.note(ctx)
	}
	return r, err
}

// takeIn reads one window and takes its new rows in: one transaction, together with
// the worklist, the counters and the watermark.
func (in *Input) takeIn(ctx context.Context, t *sourceTable, w window, r *Result) (read int64, err error) {
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		read, err = in.merge(ctx, tx, t, w, r)
		return err
	})
	return read, err
}

func (in *Input) merge(ctx context.Context, tx pgx.Tx, t *sourceTable, w window, r *Result) (int64, error) {
	d := t.data()
	d.Window = w.Window
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
	if _, err := exec("030_create_incoming.sql", none); err != nil {
		return 0, err
	}
	read, err := exec("040_read_window.sql", pg.Args{
		"from": w.from, "to": w.to, "as_of": w.asOf, "min": event.MinTime.Time(), "max": event.MaxTime.Time(),
		"spaces": event.Whitespace, "longest": event.MaxIdentifierBytes,
	})
	if err != nil {
		return 0, err
	}
	if read == 0 && !in.DB.Dry() {
		return 0, in.moveWatermark(ctx, tx, t, w, nil)
	}
	if w.days {
		if err := in.rememberDays(ctx, tx, t, w); err != nil {
			return 0, err
		}
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
	var copies, known, duplicates, replaced int64
	if !t.info.HasUniqueID {
		if copies, err = exec("070_drop_copies.sql", with(pg.Args{"dedup_window": pad})); err != nil {
			return 0, err
		}
	}
	if m.rows > 0 || in.DB.Dry() {
		args := pg.Args{"source": t.source, "kind": int16(t.info.Kind), "dedup_window": pad, "from": m.first, "to": m.last}
		if m.rows > 0 {
			args["from"], args["to"] = m.first.Add(-in.Settings.DedupWindow), m.last.Add(in.Settings.DedupWindow)
		}
		if _, err := exec("031_create_matched.sql", none); err != nil {
			return 0, err
		}
		match := d
		match.Flag = t.info.HasUniqueID
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
			if err := in.DB.Scan(ctx, tx, "01_extract/110_replace.sql", d, with(pg.Args{"extract": extract}), &replaced); err != nil {
				return 0, err
			}
		}
	}
	inserted, err := in.insert(ctx, tx, t, d, extract)
	if err != nil {
		return 0, err
	}
	if err := in.moveWatermark(ctx, tx, t, w, m.loaded); err != nil {
		return 0, err
	}
	r.RowsIn += read
	r.RowsChanged += inserted + replaced
	r.count("rows_read", read)
	r.count("rows_known", known)
	r.count("rows_rejected", rejected)
	r.count("rows_duplicate", copies+duplicates+replaced)
	r.count("rows_replaced", replaced)
	return read, nil
}

// A measure is what a window held.
type measure struct {
	rows, withoutID     int64
	loaded, first, last *time.Time
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
	made, err := in.ensureMonths(ctx, tx, months)
	if err != nil {
		return 0, err
	}
	for _, m := range made {
		if _, err := in.DB.Exec(ctx, tx, "01_extract/125_mark_month.sql", d, pg.Args{"month": m.Start(), "reason": "first rows of the month"}); err != nil {
			return 0, err
		}
	}
	file := "01_extract/130_take_in_events.sql"
	if t.identities() {
		file = "01_extract/131_take_in_identities.sql"
	}
	inserted, err := in.DB.Exec(ctx, tx, file, d, pg.Args{"source": t.source, "kind": int16(t.info.Kind), "extract": extract})
	if err != nil {
		return 0, err
	}
	if _, err := in.DB.Exec(ctx, tx, "01_extract/140_mark_pairs.sql", d, pg.Args{"extract": extract}); err != nil {
		return 0, err
	}
	if !t.identities() {
		if _, err := in.DB.Exec(ctx, tx, "01_extract/150_count.sql", d, none); err != nil {
			return 0, err
		}
	}
	return inserted, nil
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
