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

// What a row taken in costs beside its columns, and what the tables made of it take.
const (
	// sampleRows is how many rows of a table are measured.
	sampleRows = 10_000
	// rowOverhead is the tuple header, the line pointer and alignment, in bytes.
	rowOverhead = 32
	// idIndexOverhead is what an index entry takes beside the id, pages two thirds
	// full.
	idIndexOverhead = 24
	// worthAnIndex is how many rows make a missing index on received_at worth a
	// warning: each month of the first reading scans them all.
	worthAnIndex = 1_000_000
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
		if mark.loadTime != nil || mark.firstAsOf != nil {
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
	free, known := pg.FreeDisk(ctx, in.DB.Pool)
	attrs := []any{"tables", size.tables, "rows", size.rows, "months", len(size.months), "disk_needed", bytes(need)}
	if known {
		attrs = append(attrs, "disk_free", bytes(free))
	}
	in.Log.InfoContext(ctx, "first reading, month by month; a run that is killed goes on with the next month", attrs...)
	if known && need > free {
		return Permanent(fmt.Errorf("the first reading of %d rows needs about %s of disk, of which %s are free: make room, or take fewer sources in at first",
			size.rows, bytes(need), bytes(free)))
	}
	return nil
}

func (in *Input) measureTable(ctx context.Context, t *sourceTable, size *firstReadingSize) error {
	d := t.data()
	bounds, err := in.firstBounds(ctx, t, in.AsOf)
	if err != nil || bounds[0] == nil {
		return err
	}
	rows := t.info.EstimatedRows
	if rows <= 0 {
		counted, err := pg.Collect(ctx, in.DB, in.DB.Pool, "01_extract/023_count.sql", d, none, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		rows = counted[0]
	}
	sampled, err := in.DB.Query(ctx, in.DB.Pool, "01_extract/022_sample.sql", d, pg.Args{"rows": sampleRows, "spaces": event.Whitespace})
	if err != nil {
		return err
	}
	var n int64
	var width, id float64
	if _, err := pgx.ForEachRow(sampled, []any{&n, &width, &id}, func() error { return nil }); err != nil {
		return err
	}
	size.tables++
	size.rows += rows
	size.bytes += float64(rows) * (width + rowOverhead + id + idIndexOverhead)
	for _, m := range month.Of(*bounds[0]).Through(month.Of(*bounds[1])) {
		size.months[m] = true
	}
	if rows >= worthAnIndex && !t.info.IndexedColumns["received_at"] {
		in.Log.WarnContext(ctx, "no index on received_at: every month of the first reading scans the whole table",
			"table", t.String(), "remedy", fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (received_at)", pg.MustIdent(t.source, t.info.Table)))
	}
	return nil
}

// firstBounds are the first and the last received_at of a table, nil where it has
// none.
func (in *Input) firstBounds(ctx context.Context, t *sourceTable, asOf time.Time) (bounds [2]*time.Time, err error) {
	rows, err := in.DB.Query(ctx, in.DB.Pool, "01_extract/020_first_bounds.sql", t.data(),
		pg.Args{"min": event.MinTime.Time(), "max": event.MaxTime.Time(), "as_of": asOf})
	if err != nil {
		return bounds, err
	}
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (b [2]*time.Time, err error) {
		return b, row.Scan(&b[0], &b[1])
	})
}

func bytes(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%d MB", (n+999_999)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
