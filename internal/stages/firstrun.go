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
)

// What a row taken in costs beside its columns, and what the tables made of it take.
const (
	// sampleRows is how many rows of a table are measured.
	sampleRows = 2_000
	// rowOverhead is the tuple header, the line pointer and alignment, in bytes.
	rowOverhead = 32
	// idIndexEntry is what an entry of the hash index on id takes at most, in bytes: 36
	// in a full one, which grows by doubling.
	idIndexEntry = 55
	// derivedShare is the size of visits, sessions, touches and identity, with a
	// second copy while they are built aside, as a share of the rows taken in.
	// Measured on 300,000 simulated events of a year: 0.32 + 2 * 0.16.
	derivedShare = 0.7
)

// A firstReadingSize is what the first reading of the sources will take.
type firstReadingSize struct {
	tables int
	rows   int64
	months map[month.Month]bool
	bytes  float64
}

// announceFirst says, before tables are read for the first time, how many rows and
// months they hold and what disk that needs, and refuses when the disk is known not
// to hold it.
func (in *Input) announceFirst(ctx context.Context, tables []sourceTable) error {
	if in.DB.Dry() {
		return nil // a plan counts the rows window by window
	}
	size := firstReadingSize{months: map[month.Month]bool{}}
	for i := range tables {
		t := &tables[i]
		mark, err := in.watermark(ctx, t)
		if err != nil {
			return err
		}
		if !mark.none() {
			continue
		}
		if err := in.measureTable(ctx, t, &size); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	if size.rows == 0 {
		return nil
	}
	need := int64(size.bytes * (1 + derivedShare))
	free, known := pg.FreeDisk(ctx, in.DB.Pool, in.DB.Pool.Config().ConnConfig.Host)
	attrs := []any{"tables", size.tables, "rows", size.rows, "months", len(size.months), "disk_needed", bytes(need)}
	if known {
		attrs = append(attrs, "disk_free", bytes(free))
	}
	in.Log.InfoContext(ctx, "first reading, by months; a run that is killed goes on where it stopped", attrs...)
	if known && need > free {
		return Permanent(fmt.Errorf("the first reading of %d rows needs about %s of disk, of which %s are free: make room, or take fewer sources in at first",
			size.rows, bytes(need), bytes(free)))
	}
	return nil
}

func (in *Input) measureTable(ctx context.Context, t *sourceTable, size *firstReadingSize) error {
	held, err := in.held(ctx, t, in.AsOf)
	if err != nil || held.rows == 0 {
		return err
	}
	sampled, err := in.DB.Query(ctx, in.DB.Pool, "01_extract/022_sample.sql", t.data(), pg.Args{"rows": sampleRows, "spaces": event.Whitespace})
	if err != nil {
		return err
	}
	var n int64
	var width float64
	if _, err := pgx.ForEachRow(sampled, []any{&n, &width}, func() error { return nil }); err != nil {
		return err
	}
	size.tables++
	size.rows += held.rows
	size.bytes += float64(held.rows) * (width + rowOverhead + idIndexEntry)
	for _, h := range held.months {
		size.months[h.month] = true
	}
	if scans := held.rows / in.windowSize(t, held, true); scans > scansWithoutIndex && !t.info.IndexedColumns["received_at"] {
		in.Log.WarnContext(ctx, "no index on received_at: the first reading scans the whole table again and again",
			"table", t.String(), "scans", scans, "remedy", fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (received_at)", pg.MustIdent(t.source, t.info.Table)))
	}
	return nil
}

// A held is what a source's table holds, loaded up to a run's clock.
type held struct {
	months []heldMonth // in order
	rows   int64       // of all of them
	odd    int64       // rows received at no sensible time
}

// A heldMonth is what of that was received in a month.
type heldMonth struct {
	month  month.Month
	rows   int64
	plain  int64      // those that go straight in
	newest *time.Time // of those: the last received
	loaded *time.Time // and the last loaded
	padded int64      // ids with white space around them
}

// bounds are the first and the end of the months.
func (h *held) bounds() (first, end time.Time) {
	if len(h.months) == 0 {
		return event.MinTime.Time(), event.MinTime.Time()
	}
	return h.months[0].month.Start(), h.months[len(h.months)-1].month.Next().Start()
}

// held counts the rows of a table by month, once.
func (in *Input) held(ctx context.Context, t *sourceTable, asOf time.Time) (*held, error) {
	if t.holds != nil {
		return t.holds, nil
	}
	d := t.data()
	args := pg.Args{"min": event.MinTime.Time(), "max": event.MaxTime.Time(), "as_of": asOf, "spaces": event.Whitespace}
	if t.goesStraightIn() {
		d.Flag, d.Columns = true, slices.Concat(t.items, t.raw)
		args["settled"], args["longest"] = in.settled(t, asOf), event.MaxIdentifierBytes
	}
	h := &held{}
	rows, err := in.DB.Query(ctx, in.DB.Pool, "01_extract/020_months_held.sql", d, args)
	if err != nil {
		return nil, err
	}
	months, err := pgx.CollectRows(rows, scanHeldMonth)
	if err != nil {
		return nil, err
	}
	for _, m := range months {
		t.padded = t.padded || m.padded > 0
		if m.month == 0 {
			h.odd = m.rows
			continue
		}
		h.rows += m.rows
		h.months = append(h.months, m)
	}
	t.holds = h
	return h, nil
}

func scanHeldMonth(row pgx.CollectableRow) (m heldMonth, err error) {
	var start *time.Time
	err = row.Scan(&start, &m.rows, &m.plain, &m.newest, &m.loaded, &m.padded)
	if start != nil {
		m.month = month.Of(*start)
	}
	return m, err
}

func bytes(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%d MB", (n+999_999)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
