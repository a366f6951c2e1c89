package segment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/event"
)

// writeAttempts is how often a batch is tried when another session writes the same
// rows or columns at the same moment.
const writeAttempts = 3

// A writer writes batches, each in one transaction. It is used by one goroutine.
type writer struct {
	conn     *pgx.Conn
	schema   string
	loadedAt time.Time // fixed, or zero for the database's clock
	report   *LoadReport
}

// lock takes the session lock that keeps two loads out of one schema, and makes
// the schema where it is missing.
func (w *writer) lock(ctx context.Context) error {
	var locked, exists bool
	err := w.conn.QueryRow(ctx, `
		SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtext('attribution load'), pg_catalog.hashtext($1)),
		       EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)`,
		pgx.QueryExecModeExec, w.schema).Scan(&locked, &exists)
	if err != nil {
		return fmt.Errorf("locking schema %q: %w", w.schema, err)
	}
	if !locked {
		return fmt.Errorf("schema %q: %w", w.schema, ErrBusy)
	}
	if exists {
		return nil
	}
	if _, err := w.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+quote(w.schema)); err != nil {
		w.unlock(ctx)
		return fmt.Errorf("creating schema %q: %w", w.schema, err)
	}
	return nil
}

// unlock gives the lock back. It also works when the context is cancelled; where
// the connection is gone the lock is too.
func (w *writer) unlock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = w.conn.Exec(ctx,
		`SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtext('attribution load'), pg_catalog.hashtext($1))`,
		pgx.QueryExecModeExec, w.schema)
}

// write makes the tables and columns a batch needs, then writes its rows, all of
// them or none.
func (w *writer) write(ctx context.Context, b *batch) error {
	if err := w.alter(ctx, b); err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err := w.rows(ctx, b)
		if err == nil || attempt == writeAttempts || !isContention(err) {
			return err
		}
	}
}

// alter changes the tables in a transaction of its own: adding a column locks out
// readers, so the lock must not last as long as a batch.
func (w *writer) alter(ctx context.Context, b *batch) error {
	if len(b.create) == 0 && len(b.alter) == 0 {
		return nil
	}
	err := pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		for _, table := range b.create {
			if _, err := tx.Exec(ctx, CreateTable(w.schema, table), pgx.QueryExecModeExec); err != nil {
				return fmt.Errorf("creating table %q.%q: %w", w.schema, table, err)
			}
		}
		for _, a := range b.alter {
			if _, err := tx.Exec(ctx, AddColumns(w.schema, a.table, a.columns...), pgx.QueryExecModeExec); err != nil {
				return fmt.Errorf("adding columns to %q.%q: %w", w.schema, a.table, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.report.TablesCreated = append(w.report.TablesCreated, b.create...)
	for _, a := range b.alter {
		for _, c := range a.columns {
			w.report.ColumnsAdded = append(w.report.ColumnsAdded, AddedColumn{Table: a.table, Column: c})
		}
	}
	b.create, b.alter = nil, nil
	return nil
}

// rows writes the rows of a batch in one transaction.
func (w *writer) rows(ctx context.Context, b *batch) error {
	written, duplicates := map[string]int64{}, map[string]int64{}
	err := pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		at, err := w.begin(ctx, tx)
		if err != nil {
			return err
		}
		var newIdentifies map[string]bool
		for i := range b.tables {
			t := &b.tables[i]
			t.stampLoadTime(at)
			if t.name == Users {
				n, err := w.users(ctx, tx, t, newIdentifies, at)
				if err != nil {
					return fmt.Errorf("loading %q.%q: %w", w.schema, t.name, err)
				}
				written[t.name] = n
				continue
			}
			skip, skipped, err := w.known(ctx, tx, t)
			if err != nil {
				return fmt.Errorf("looking for duplicates in %q.%q: %w", w.schema, t.name, err)
			}
			if t.name == Identifies {
				newIdentifies = newIDs(t, skip)
			}
			if skipped < len(t.rows) {
				into := pgx.Identifier{w.schema, t.name}
				if err := copyInto(ctx, tx, into, &copySource{table: t, skip: skip, loadedAt: at, next: -1}); err != nil {
					return fmt.Errorf("loading %q.%q: %w", w.schema, t.name, err)
				}
			}
			written[t.name] = int64(len(t.rows) - skipped)
			duplicates[t.name] = int64(skipped)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, n := range written {
		w.report.Rows[name] += n
	}
	for name, n := range duplicates {
		if n > 0 {
			w.report.Duplicates[name] += n
		}
	}
	w.report.Batches++
	return nil
}

// begin settles the batch's uuid_ts. It also keeps the planner from scanning whole
// tables for the few ids of a batch, which it likes while a table has no
// statistics yet, and which makes a load quadratic; and the costs by which it is
// kept from it must not set off the JIT compiler, at 300 ms a statement.
func (w *writer) begin(ctx context.Context, tx pgx.Tx) (event.Micros, error) {
	var at time.Time
	err := tx.QueryRow(ctx,
		"SELECT pg_catalog.clock_timestamp() FROM pg_catalog.set_config('enable_seqscan', 'off', true) a, pg_catalog.set_config('jit', 'off', true) b",
		pgx.QueryExecModeExec).Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("asking the database's clock: %w", err)
	}
	if !w.loadedAt.IsZero() {
		at = w.loadedAt
	}
	return event.MicrosOf(at), nil
}

// known marks the rows whose id the batch or the table has already.
func (w *writer) known(ctx context.Context, tx pgx.Tx, t *batchTable) (skip []bool, skipped int, err error) {
	skip = make([]bool, len(t.rows))
	byID := make(map[string]int, len(t.rows))
	ids := make([]string, 0, len(t.rows))
	for i := range t.rows {
		if _, dup := byID[t.rows[i].id]; dup {
			skip[i] = true
			skipped++
			continue
		}
		byID[t.rows[i].id] = i
		ids = append(ids, t.rows[i].id)
	}
	rows, err := tx.Query(ctx,
		"SELECT id::pg_catalog.text FROM "+pgx.Identifier{w.schema, t.name}.Sanitize()+" WHERE id = ANY ($1)",
		pgx.QueryExecModeExec, ids)
	if err != nil {
		return nil, 0, err
	}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		if i, ok := byID[id]; ok && !skip[i] {
			skip[i] = true
			skipped++
		}
		return nil
	})
	return skip, skipped, err
}

func newIDs(t *batchTable, skip []bool) map[string]bool {
	ids := map[string]bool{}
	for i := range t.rows {
		if !skip[i] {
			ids[t.rows[i].id] = true
		}
	}
	return ids
}

func copyInto(ctx context.Context, tx pgx.Tx, into pgx.Identifier, source *copySource) error {
	_, err := tx.Conn().PgConn().CopyFrom(ctx, source, source.table.copyStatement(into))
	return err
}

// isContention reports whether another session got in the way, so that the same
// batch may well go in when tried again. (23505: a row of the same id was added
// after we looked; the next look sees it.)
func isContention(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "23505", "40001", "40P01":
		return true
	}
	return false
}
