package stages

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/segment"
)

// A takenMonth is what was taken in from a source's table in a month.
type takenMonth struct {
	source string
	kind   event.Kind
	month  month.Month
	rows   int64
}

// reconcile removes the rows taken in that their source tables have no more, as
// replaced ones are, month by month: each is one transaction, and of each the source
// is read once. Those of sources no longer configured stay.
func (in *Input) reconcile(ctx context.Context, tables []sourceTable, r *Result) error {
	var taken []takenMonth
	for _, name := range []string{"app_tracks", "app_identities"} {
		d := pg.Data{Table: pg.MustIdent(in.DB.Names.Segment, name)}
		months, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/200_taken_months.sql", d, none, scanTakenMonth)
		if err != nil {
			return err
		}
		taken = append(taken, months...)
	}
	taken = slices.DeleteFunc(taken, func(m takenMonth) bool { return !slices.Contains(in.Settings.Sources, m.source) })
	total := int64(0)
	for _, m := range taken {
		total += m.rows
	}
	bar := in.Progress("reconcile", "rows", total)
	defer bar.Done()
	gone := int64(0)
	for _, m := range taken {
		t := presentTable(tables, m)
		removed, err := in.removeAbsent(ctx, t, m)
		if err != nil {
			return fmt.Errorf("%s received in %s: %w", t, m.month, err)
		}
		gone += removed
		bar.Add(m.rows)
	}
	r.RowsChanged += gone
	r.count("rows_deleted_at_source", gone)
	if gone > 0 {
		r.warn(fmt.Sprintf("%s deleted at the source since taken in: what came of them is removed", plural(gone, "row")))
	}
	return nil
}

func scanTakenMonth(row pgx.CollectableRow) (m takenMonth, err error) {
	var kind int16
	var start time.Time
	err = row.Scan(&m.source, &kind, &start, &m.rows)
	m.kind, m.month = event.Kind(kind), month.Of(start)
	return m, err
}

// presentTable is the source table the rows came from; where it is gone, one without
// columns.
func presentTable(tables []sourceTable, m takenMonth) *sourceTable {
	for i := range tables {
		if t := &tables[i]; t.source == m.source && t.info.Kind == m.kind {
			return t
		}
	}
	return &sourceTable{source: m.source, info: segment.TableInfo{Schema: m.source, Table: m.kind.Table(), Kind: m.kind}}
}

// removeAbsent removes the rows of one month that the table has no more.
func (in *Input) removeAbsent(ctx context.Context, t *sourceTable, m takenMonth) (removed int64, err error) {
	d := t.data()
	d.Full, d.Flag = t.info.Columns == nil, t.info.HasUniqueID
	d.Table = in.takenTable(t).Partition(m.month).Ident()
	from, to := m.month.Start(), m.month.Next().Start()
	present := pg.Args{"from": from, "to": to, "as_of": in.AsOf, "spaces": event.Whitespace}
	if d.Full {
		present = none
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		var extract int64
		if err := in.DB.Scan(ctx, tx, "01_extract/005_next_extract.sql", d, none, &extract); err != nil {
			return err
		}
		if _, err := in.DB.Exec(ctx, tx, "01_extract/210_read_present.sql", d, present); err != nil {
			return err
		}
		if _, err := in.DB.Exec(ctx, tx, "03_alias/026_analyze.sql", pg.Data{Table: pg.MustIdent("present")}, none); err != nil {
			return err
		}
		args := pg.Args{"source": t.source, "kind": int16(m.kind), "extract": extract, "from": from, "to": to}
		if err := in.DB.Scan(ctx, tx, "01_extract/220_remove_absent.sql", d, args, &removed); err != nil {
			return err
		}
		if float64(removed) > maxShrink*float64(m.rows) && !in.AllowShrink {
			return Permanent(fmt.Errorf("%d of the %s taken in are no more at the source, over a fifth: see that the table is whole and can be read; if they are meant to be gone, run again with --allow-shrink",
				removed, plural(m.rows, "row")))
		}
		return nil
	})
	return removed, err
}
