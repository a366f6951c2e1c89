package simulate

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/attribution-dev/attribution/internal/segment"
)

// gatherBytes is how much is gathered for all tables together before batches are
// sent: the memory of the writer, twice over since one half is being sent.
const gatherBytes = 16 << 20

// WriteTables writes the rows loaded on the days [fromDay, toDay) into tables shaped
// as Segment shapes them, one schema a source. As Segment does, it makes a schema and
// table when its first row comes, and a column, but for those of the table's creation,
// when its first value comes. Each day is one transaction, so that a reader
// sees whole days. A day must not be written twice.
//
// The connection is in use until WriteTables returns. Progress, where not nil, is
// called after each committed day with the number of rows written so far, a signup
// counting once in tracks and once in its own table.
func (w *World) WriteTables(ctx context.Context, conn *pgx.Conn, fromDay, toDay int, progress func(rows int64)) error {
	if err := w.checkSpan(fromDay, toDay); err != nil {
		return err
	}
	t := newTableWriter(w, gatherBytes)
	if err := t.open(ctx, conn); err != nil {
		return fmt.Errorf("simulate: reading the source schemas: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(t.work)
		return t.generate(ctx, fromDay, toDay)
	})
	group.Go(func() error { return t.send(ctx, conn, progress) })
	if err := group.Wait(); err != nil {
		return fmt.Errorf("simulate: writing tables: %w", err)
	}
	return nil
}

// A tableWriter gathers rows by table and sends them while the next are made.
type tableWriter struct {
	w          *World
	batchBytes int
	buffers    []*copyBuffer // by (source, table)
	scratch    []byte
	work       chan copyBatch
	free       chan []byte
}

// newTableWriter is a writer that gathers so many bytes in all.
func newTableWriter(w *World, bytes int) *tableWriter {
	buffers := len(w.options.Sources) * len(tables)
	return &tableWriter{
		w: w, batchBytes: bytes / buffers, scratch: make([]byte, 0, 4096),
		work: make(chan copyBatch), free: make(chan []byte, buffers),
	}
}

// tables are the tables written in each source, by their place in buffers: those of
// the kinds of calls, in the order of the kinds, then the event's own.
var tables = []string{segment.Pages, segment.Screens, segment.Tracks, segment.Identifies, segment.Aliases, signupNames[0].slug}

// The place of an event's own table.
const signupTable = 5

// open finds which tables and columns exist, and prepares the making of the others.
func (t *tableWriter) open(ctx context.Context, conn *pgx.Conn) error {
	exists := map[[3]string]bool{}
	// pg_catalog is searched whatever the search_path, but other schemas must not be.
	rows, err := conn.Query(ctx, `
		SELECT n.nspname::text, c.relname::text, a.attname::text
		FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
		t.w.options.Sources)
	if err != nil {
		return err
	}
	var key [3]string
	if _, err := pgx.ForEachRow(rows, []any{&key[0], &key[1], &key[2]}, func() error {
		exists[key] = true
		return nil
	}); err != nil {
		return err
	}
	for _, source := range t.w.options.Sources {
		for _, table := range tables {
			var start []string
			_, created := columnsOf(table)
			if !exists[[3]string{source, table, "id"}] {
				start = t.create(source, table)
				for _, c := range segment.BaseColumns(table) {
					exists[[3]string{source, table, c.Name}] = true
				}
			}
			b := newCopyBuffer(source, table, func(name string) bool {
				return exists[[3]string{source, table, name}]
			}, start)
			for i, has := range b.has[:created] {
				if !has {
					return fmt.Errorf("%s.%s has no column %s: not a table of Segment's shape", source, table, b.all[i].Name)
				}
			}
			t.buffers = append(t.buffers, b)
		}
	}
	return nil
}

// create are the statements that make a table and its schema.
func (t *tableWriter) create(source, table string) []string {
	all := []string{"CREATE SCHEMA IF NOT EXISTS " + pgx.Identifier{source}.Sanitize(), segment.CreateTable(source, table)}
	if t.w.options.DuplicateRows {
		all = append(all, "ALTER TABLE "+pgx.Identifier{source, table}.Sanitize()+
			" DROP CONSTRAINT "+pgx.Identifier{table + "_pkey"}.Sanitize())
	}
	return all
}

// generate makes the rows of the days and cuts them into batches. A batch without a
// table ends a day.
func (t *tableWriter) generate(ctx context.Context, fromDay, toDay int) error {
	today := fromDay
	err := t.w.Each(ctx, fromDay, toDay, func(day int, r *Row) error {
		for ; today < day; today++ {
			if err := t.endDay(ctx); err != nil {
				return err
			}
		}
		if r.IsDuplicate && !t.w.options.DuplicateRows {
			return nil
		}
		if err := t.add(ctx, int(r.Kind)-1, r); err != nil {
			return err
		}
		if r.SignupTable != "" {
			return t.add(ctx, signupTable, r)
		}
		return nil
	})
	for ; err == nil && today < toDay; today++ {
		err = t.endDay(ctx)
	}
	return err
}

// add puts a row into the buffer of a table.
func (t *tableWriter) add(ctx context.Context, table int, r *Row) error {
	b := t.buffers[r.Source*len(tables)+table]
	if b.missing(t.scratch, r) {
		if err := t.flush(ctx, b); err != nil {
			return err
		}
		columns := make([]segment.Column, len(b.pending))
		for i, c := range b.pending {
			columns[i] = b.all[c].Column
			b.has[c] = true
		}
		b.layout = append(b.layout, b.pending...)
		b.pending = b.pending[:0]
		b.start = append(b.start, segment.AddColumns(b.schema, b.table, columns...))
	}
	b.add(r)
	if len(b.data) >= t.batchBytes {
		return t.flush(ctx, b)
	}
	return nil
}

// flush hands what a table gathered to the sender.
func (t *tableWriter) flush(ctx context.Context, b *copyBuffer) error {
	if len(b.data) == 0 { // a table is made when its first row comes
		return nil
	}
	var memory []byte
	select {
	case memory = <-t.free:
	default:
	}
	return t.hand(ctx, b.cut(memory))
}

// hand gives a batch to the sender.
func (t *tableWriter) hand(ctx context.Context, batch copyBatch) error {
	select {
	case t.work <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endDay flushes every table and ends the day's transaction.
func (t *tableWriter) endDay(ctx context.Context) error {
	for _, b := range t.buffers {
		if err := t.flush(ctx, b); err != nil {
			return err
		}
	}
	return t.hand(ctx, copyBatch{})
}

// isEndOfDay reports whether the batch only ends a day.
func (b *copyBatch) isEndOfDay() bool { return b.into == "" && len(b.before) == 0 }

// send sends the batches, a transaction a day.
func (t *tableWriter) send(ctx context.Context, conn *pgx.Conn, progress func(int64)) error {
	var rows int64
	for {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		n, last, err := t.sendDay(ctx, conn)
		if err != nil || last {
			// The connection may be beyond use; the first error is the one that tells.
			_ = tx.Rollback(context.WithoutCancel(ctx))
			return err
		}
		if err := tx.Commit(ctx); err != nil {
			return err
		}
		rows += n
		if progress != nil {
			progress(rows)
		}
	}
}

// sendDay sends the batches of one day. It is the last where there were none.
func (t *tableWriter) sendDay(ctx context.Context, conn *pgx.Conn) (rows int64, last bool, err error) {
	for batch := range t.work {
		if batch.isEndOfDay() {
			return rows, false, nil
		}
		if err := batch.run(ctx, conn.PgConn()); err != nil {
			name, _, _ := strings.Cut(strings.TrimPrefix(batch.into, "COPY "), " (")
			return rows, false, fmt.Errorf("%s: %w", name, err)
		}
		rows += batch.rows
		select {
		case t.free <- batch.data[:0]:
		default:
		}
	}
	return rows, true, ctx.Err()
}
