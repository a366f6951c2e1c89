package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// StreamText sends a statement that only reads and may be anybody's, such as one from an
// operator's file: as it is, alone (the server refuses a second one), without arguments,
// in a read-only transaction, on a connection that is given up afterwards with whatever
// the statement set. It hands the names of its columns to begin and then the values of
// each row, as text and nil for NULL, to add, valid until add returns. Name is what errors
// and plans call the statement. Dry, it is recorded only.
func (db *DB) StreamText(ctx context.Context, name, sql string, begin func(columns []string) error, add func(values [][]byte) error) error {
	if db.Dry() {
		db.record(Statement{File: name, SQL: sql})
		return nil
	}
	lent, err := db.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := lent.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, pgx.QueryResultFormats{pgx.TextFormatCode})
		if err != nil {
			return locate(err, name, sql)
		}
		defer rows.Close()
		more := rows.Next()
		if err := rows.Err(); err != nil {
			return locate(err, name, sql)
		}
		var columns []string
		for _, f := range rows.FieldDescriptions() {
			columns = append(columns, f.Name)
		}
		if err := begin(columns); err != nil {
			return err
		}
		for ; more; more = rows.Next() {
			if err := add(rows.RawValues()); err != nil {
				return err
			}
		}
		return locate(rows.Err(), name, sql)
	})
}
