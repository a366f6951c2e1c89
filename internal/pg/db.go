package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Args are the bound values of a statement, by name. A missing or an extra name is
// an error.
type Args = pgx.StrictNamedArgs

// A Querier sends statements: a pool, a connection or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// A Statement is one a stage sent or, in a plan, would send.
type Statement struct {
	File string // path below sql/, or "COPY"
	SQL  string
	Args Args
}

// A DB lends connections to the stages and sends their statements. With Planned set
// it is dry: what would write is recorded there and not sent, what only reads is
// recorded and sent.
type DB struct {
	Pool      *pgxpool.Pool
	Names     Names
	Templates *Templates
	Planned   *[]Statement
	// Fence, where set, begins every transaction: it fails when the run was superseded,
	// and keeps one that would supersede it waiting until the transaction ends.
	Fence func(ctx context.Context, tx pgx.Tx) error
}

// Dry reports that nothing may be written.
func (db *DB) Dry() bool { return db.Planned != nil }

// Exec sends a statement that writes and returns the rows it touched.
func (db *DB) Exec(ctx context.Context, q Querier, file string, d Data, args Args) (int64, error) {
	sql, err := db.render(file, d, args)
	if err != nil || db.Dry() {
		return 0, err
	}
	tag, err := q.Exec(ctx, sql, bound(args)...)
	return tag.RowsAffected(), locate(err, file, sql)
}

// Scan sends a statement that may write and reads its one row into dest. Dry, dest
// stays as it is.
func (db *DB) Scan(ctx context.Context, q Querier, file string, d Data, args Args, dest ...any) error {
	sql, err := db.render(file, d, args)
	if err != nil || db.Dry() {
		return err
	}
	return locate(q.QueryRow(ctx, sql, bound(args)...).Scan(dest...), file, sql)
}

// Query sends a statement that only reads, dry or not.
func (db *DB) Query(ctx context.Context, q Querier, file string, d Data, args Args) (pgx.Rows, error) {
	sql, err := db.render(file, d, args)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, sql, bound(args)...)
	return rows, locate(err, file, sql)
}

// Collect is Query with every row scanned by fn.
func Collect[T any](ctx context.Context, db *DB, q Querier, file string, d Data, args Args, fn pgx.RowToFunc[T]) ([]T, error) {
	rows, err := db.Query(ctx, q, file, d, args)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, fn)
	return out, locate(err, file, "")
}

// Stream sends a statement that only reads, on a connection of its own, so that another
// can COPY meanwhile, and hands the values of each row to add, binary as they came and
// valid until add returns. Dry, the statement is recorded only.
func (db *DB) Stream(ctx context.Context, file string, d Data, args Args, add func(values [][]byte) error) error {
	if db.Dry() {
		_, err := db.render(file, d, args)
		return err
	}
	return pgx.BeginTxFunc(ctx, db.Pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := db.Exec(ctx, tx, "00_shared/080_read_alone.sql", Data{}, nil); err != nil {
			return err
		}
		rows, err := db.Query(ctx, tx, file, d, args)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := add(rows.RawValues()); err != nil {
				return err
			}
		}
		return locate(rows.Err(), file, "")
	})
}

// Tx runs fn in a transaction: committed when fn returns nil, rolled back otherwise,
// also after ctx was cancelled. Dry, the transaction is read only.
func (db *DB) Tx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	options := pgx.TxOptions{}
	if db.Dry() {
		options.AccessMode = pgx.ReadOnly
	}
	tx, err := db.Pool.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	if db.Fence != nil && !db.Dry() {
		err = db.Fence(ctx, tx)
	}
	if err == nil {
		err = fn(tx)
	}
	if err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx)) // a failed rollback ends the connection; err is the cause
		return err
	}
	return tx.Commit(ctx)
}

func (db *DB) render(file string, d Data, args Args) (string, error) {
	sql, err := db.Templates.Render(file, d)
	if err == nil && db.Dry() {
		db.record(Statement{File: file, SQL: sql, Args: args})
	}
	return sql, err
}

// record keeps a statement once: a plan lists what is sent, not how often.
func (db *DB) record(s Statement) {
	for _, p := range *db.Planned {
		if p.File == s.File && p.SQL == s.SQL {
			return
		}
	}
	*db.Planned = append(*db.Planned, s)
}

func bound(args Args) []any {
	if args == nil {
		return nil
	}
	return []any{args}
}

// A StatementError says which statement failed, and on which of its lines.
type StatementError struct {
	File string
	Line int // 0: unknown
	Err  error
}

// Error is "03_alias/010_x.sql:14: relation … does not exist (SQLSTATE 42P01)".
func (e *StatementError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.File, e.Err)
}

// Unwrap is the database's error.
func (e *StatementError) Unwrap() error { return e.Err }

// locate names the file and the line of a failed statement. Postgres' position
// counts characters of the statement as sent.
func locate(err error, file, sql string) error {
	if err == nil {
		return nil
	}
	located := &StatementError{File: file, Err: err}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Position > 0 && sql != "" {
		runes := []rune(sql)
		located.Line = 1 + strings.Count(string(runes[:min(len(runes), int(pgErr.Position)-1)]), "\n")
	}
	return located
}
