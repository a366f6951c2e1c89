package stages

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// rowsPerWindow bounds a transaction of the first reading: what a kill loses, and what
// goes through a temporary table where it has to.
var rowsPerWindow int64 = 5_000_000

// scansWithoutIndex is how often a first reading at most scans a table that has no
// index on received_at, where nothing goes through a temporary table. A scan costs a
// thirtieth of taking the rows in.
const scansWithoutIndex = 4

// Without uuid_ts rows show no load time: stage 1 reads further back, and reads days
// whose row count changed again. Source: design, stage 1.
const (
	overlapWithoutUUIDTS = 72 * time.Hour
	daysWithoutUUIDTS    = 35
)

// A window is one transaction's worth of a source table.
type window struct {
	pg.Window
	from, to time.Time
	asOf     time.Time
	reading  *firstReading // while the first reading goes on
	days     bool          // remember row counts by day
	label    string
}

// A firstReading is where the first reading of a table stands after a window.
type firstReading struct {
	asOf time.Time
	next month.Month
	done bool

	months []heldMonth // those the window has rows of
	fresh  bool        // nothing of the table was taken in before, but by the windows before this
	begins bool        // there is none before this
}

// windows cuts what is to be read of a table: at first by months of received_at, each
// window committed with its watermark, so that a killed run goes on with the next;
// later the rows loaded since the high-water mark less the overlap.
//
// A first reading is cut by received_at, not by where rows lie on disk: an UPDATE moves
// a row, also to an earlier page that was read already.
//
// Last come the copies of rows that were removed since, by their ids.
func (in *Input) windows(ctx context.Context, t *sourceTable) ([]window, error) {
	windows, err := in.timedWindows(ctx, t)
	if err != nil || in.DB.Dry() {
		return windows, err
	}
	again, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/180_list_again.sql", pg.Data{},
		pg.Args{"source": t.source, "kind": int16(t.info.Kind)}, pgx.RowTo[bool])
	if err != nil || !again[0] {
		return windows, err
	}
	return append(windows, window{
		Window: pg.Window{Again: true, HasUUIDTS: t.hasUUIDTS()}, asOf: in.AsOf, label: "copies of rows removed",
	}), nil
}

func (in *Input) timedWindows(ctx context.Context, t *sourceTable) ([]window, error) {
	mark, err := in.watermark(ctx, t)
	if err != nil {
		return nil, err
	}
	if mark.none() || in.Full && mark.firstAsOf == nil {
		return in.firstWindows(ctx, t, in.AsOf, nil, mark.none())
	}
	if mark.firstAsOf != nil {
		fresh, err := in.nothingFrom(ctx, t, *mark.nextMonth)
		if err != nil {
			return nil, err
		}
		windows, err := in.firstWindows(ctx, t, *mark.firstAsOf, mark.nextMonth, fresh)
		if err != nil || !in.AsOf.After(*mark.firstAsOf) {
			return windows, err
		}
		since, err := in.laterWindows(ctx, t, *mark.firstAsOf)
		return append(windows, since...), err
	}
	return in.laterWindows(ctx, t, *mark.loadTime)
}

// laterWindows read what was loaded since the mark, and without uuid_ts the days
// whose row count changed.
func (in *Input) laterWindows(ctx context.Context, t *sourceTable, mark time.Time) ([]window, error) {
	if t.hasUUIDTS() {
		return []window{in.nightly(t, mark)}, nil
	}
	days, err := in.changedDays(ctx, t)
	return append(days, in.nightly(t, mark)), err
}

type watermark struct {
	loadTime, firstAsOf, nextMonth *time.Time
}

// none tells that nothing of the table was ever taken in.
func (w watermark) none() bool { return w.loadTime == nil && w.firstAsOf == nil }

func (in *Input) watermark(ctx context.Context, t *sourceTable) (watermark, error) {
	marks, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/010_read_watermark.sql", pg.Data{}, t.key(),
		func(row pgx.CollectableRow) (w watermark, err error) {
			err = row.Scan(&w.loadTime, &w.firstAsOf, &w.nextMonth)
			for _, at := range []*time.Time{w.loadTime, w.firstAsOf, w.nextMonth} {
				if at != nil {
					*at = at.UTC() // a source's timestamp without time zone is compared by the wall clock
				}
			}
			return w, err
		})
	if err != nil || len(marks) == 0 {
		return watermark{}, err
	}
	return marks[0], nil
}

// overlap is how long before the latest load a loader may still have been at work.
func (in *Input) overlap(t *sourceTable) time.Duration {
	if t.hasUUIDTS() {
		return in.Settings.Overlap
	}
	return max(in.Settings.Overlap, overlapWithoutUUIDTS)
}

// settled is the load time up to which no loader is at work any more.
func (in *Input) settled(t *sourceTable, asOf time.Time) time.Time { return asOf.Add(-in.overlap(t)) }

func (in *Input) nightly(t *sourceTable, mark time.Time) window {
	from := mark.Add(-in.overlap(t))
	return window{
		Window: pg.Window{HasUUIDTS: t.hasUUIDTS()}, from: from, to: in.AsOf, asOf: in.AsOf, days: !t.hasUUIDTS(),
		label: "loaded since " + from.UTC().Format(time.DateTime),
	}
}

// nothingFrom tells that a first reading someone began has nothing of its table received
// from then on: it is no second reading, as --full makes.
func (in *Input) nothingFrom(ctx context.Context, t *sourceTable, from time.Time) (bool, error) {
	d := t.data()
	d.Table = in.takenTable(t).Ident()
	rows, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/021_is_known.sql", d,
		pg.Args{"source": t.source, "kind": int16(t.info.Kind), "from": from}, pgx.RowTo[bool])
	return err == nil && !rows[0], err
}

// firstWindows cuts the months of a table, from next on, into windows of about
// rowsPerWindow rows.
func (in *Input) firstWindows(ctx context.Context, t *sourceTable, asOf time.Time, next *time.Time, fresh bool) ([]window, error) {
	held, err := in.held(ctx, t, asOf)
	if err != nil {
		return nil, err
	}
	var windows []window
	size := in.windowSize(t, held, fresh)
	var rows int64
	for _, h := range held.months {
		if next != nil && h.month < month.Of(*next) {
			continue
		}
		if rows == 0 || rows+h.rows > size {
			windows = append(windows, window{
				Window: pg.Window{Received: true, HasUUIDTS: t.hasUUIDTS()}, from: h.month.Start(), asOf: asOf,
				reading: &firstReading{asOf: asOf, fresh: fresh, begins: next == nil && len(windows) == 0}, days: !t.hasUUIDTS(),
			})
			rows = 0
		}
		rows += h.rows
		w := &windows[len(windows)-1]
		w.to, w.reading.next, w.reading.months = h.month.Next().Start(), h.month.Next(), append(w.reading.months, h)
		w.label = fmt.Sprintf("received in %s to %s", w.reading.months[0].month, h.month)
	}
	if len(windows) > 0 && held.odd == 0 {
		windows[len(windows)-1].reading.done = true
		return windows, nil
	}
	first, end := held.bounds()
	return append(windows, window{
		Window: pg.Window{Rest: true, HasUUIDTS: t.hasUUIDTS()}, from: first, to: end, asOf: asOf,
		reading: &firstReading{asOf: asOf, done: true}, label: "received at no sensible time",
	}), nil
}

// windowSize is how many rows a window of the first reading may hold.
func (in *Input) windowSize(t *sourceTable, held *held, fresh bool) int64 {
	if fresh && t.goesStraightIn() && !t.info.IndexedColumns["received_at"] {
		return max(rowsPerWindow, held.rows/scansWithoutIndex)
	}
	return rowsPerWindow
}

// changedDays are windows over the days of the last five weeks whose row count
// differs from when they were read.
func (in *Input) changedDays(ctx context.Context, t *sourceTable) ([]window, error) {
	args := t.key()
	args["from"], args["to"] = in.AsOf.UTC().Truncate(24*time.Hour).AddDate(0, 0, -daysWithoutUUIDTS), in.AsOf
	days, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/025_changed_days.sql", t.data(), args, pgx.RowTo[time.Time])
	if err != nil {
		return nil, err
	}
	windows := make([]window, len(days))
	for i, day := range days {
		windows[i] = window{
			Window: pg.Window{Received: true}, from: day, to: day.AddDate(0, 0, 1), asOf: in.AsOf, days: true,
			label: "received on " + day.Format(time.DateOnly),
		}
	}
	return windows, nil
}
