package stages

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

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
}

// windows cuts what is to be read of a table: at first month by month of
// received_at, each committed with its watermark, so that a killed run goes on with
// the next month; later the rows loaded since the high-water mark less the overlap.
func (in *Input) windows(ctx context.Context, t *sourceTable) ([]window, error) {
	mark, err := in.watermark(ctx, t)
	if err != nil {
		return nil, err
	}
	if mark.loadTime == nil && mark.firstAsOf == nil || in.Full && mark.firstAsOf == nil {
		return in.firstWindows(ctx, t, in.AsOf, nil)
	}
	if mark.firstAsOf != nil {
		windows, err := in.firstWindows(ctx, t, *mark.firstAsOf, mark.nextMonth)
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

func (in *Input) nightly(t *sourceTable, mark time.Time) window {
	overlap := in.Settings.Overlap
	if !t.hasUUIDTS() {
		overlap = max(overlap, overlapWithoutUUIDTS)
	}
	from := mark.Add(-overlap)
	return window{
		Window: pg.Window{HasUUIDTS: t.hasUUIDTS()}, from: from, to: in.AsOf, asOf: in.AsOf, days: !t.hasUUIDTS(),
		label: "loaded since " + from.UTC().Format(time.DateTime),
	}
}

func (in *Input) firstWindows(ctx context.Context, t *sourceTable, asOf time.Time, next *time.Time) ([]window, error) {
	bounds, err := in.firstBounds(ctx, t, asOf)
	if err != nil {
		return nil, err
	}
	var windows []window
	first, end := event.MinTime.Time(), event.MinTime.Time()
	if bounds[0] != nil {
		months := month.Of(*bounds[0]).Through(month.Of(*bounds[1]))
		first, end = months[0].Start(), months[len(months)-1].Next().Start()
		for _, m := range months {
			if next != nil && m < month.Of(*next) {
				continue
			}
			windows = append(windows, window{
				Window: pg.Window{Received: true, HasUUIDTS: t.hasUUIDTS()}, from: m.Start(), to: m.Next().Start(), asOf: asOf,
				reading: &firstReading{asOf: asOf, next: m.Next()}, days: !t.hasUUIDTS(), label: "received in " + m.String(),
			})
		}
	}
	return append(windows, window{
		Window: pg.Window{Rest: true, HasUUIDTS: t.hasUUIDTS()}, from: first, to: end, asOf: asOf,
		reading: &firstReading{asOf: asOf, done: true}, label: "received at no sensible time",
	}), nil
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
