package pg

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Rows are rows in the binary format of COPY, encoded as they are made: no value is
// boxed, and none is kept. Measured against pgx's CopyFromRows with [][]any: 4
// allocations a row less; the time is the server's. The zero Rows are empty.
type Rows struct {
	data []byte
	n    int64
}

// The signature, flags and extension that begin a binary COPY, and the trailer.
const (
	copyHeader  = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	copyTrailer = "\xff\xff"
)

// FlushBytes is how much is gathered before it is sent: enough that round trips
// vanish, few enough that memory stays small.
const FlushBytes = 4 << 20

// Full reports that it is time to send.
func (r *Rows) Full() bool { return len(r.data) >= FlushBytes }

// Len is the number of rows gathered.
func (r *Rows) Len() int64 { return r.n }

// Bytes is how much is gathered.
func (r *Rows) Bytes() int64 { return int64(len(r.data)) }

// Row begins a row of so many columns; as many values must follow.
func (r *Rows) Row(columns int) {
	if len(r.data) == 0 {
		r.data = append(r.data, copyHeader...)
	}
	r.data = binary.BigEndian.AppendUint16(r.data, uint16(columns))
	r.n++
}

// Null appends NULL.
func (r *Rows) Null() { r.data = append(r.data, 0xff, 0xff, 0xff, 0xff) }

// Text appends a text.
func (r *Rows) Text(s string) {
	r.data = binary.BigEndian.AppendUint32(r.data, uint32(len(s)))
	r.data = append(r.data, s...)
}

// TextOrNull appends a text, NULL for "".
func (r *Rows) TextOrNull(s string) {
	if s == "" {
		r.Null()
		return
	}
	r.Text(s)
}

// Bytea appends a bytea that fill appends to what it is given.
func (r *Rows) Bytea(fill func([]byte) []byte) {
	at := len(r.data)
	r.data = fill(append(r.data, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(r.data[at:], uint32(len(r.data)-at-4))
}

// Bool appends a boolean.
func (r *Rows) Bool(b bool) {
	var v byte
	if b {
		v = 1
	}
	r.data = append(r.data, 0, 0, 0, 1, v)
}

// Int2 appends a smallint.
func (r *Rows) Int2(n int16) {
	r.data = binary.BigEndian.AppendUint16(append(r.data, 0, 0, 0, 2), uint16(n))
}

// Int4 appends an integer.
func (r *Rows) Int4(n int32) {
	r.data = binary.BigEndian.AppendUint32(append(r.data, 0, 0, 0, 4), uint32(n))
}

// Int8 appends a bigint.
func (r *Rows) Int8(n int64) {
	r.data = binary.BigEndian.AppendUint64(append(r.data, 0, 0, 0, 8), uint64(n))
}

// Postgres counts from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 60 * 60 * 1e6
)

// Float8 adds a double precision value.
func (r *Rows) Float8(f float64) { r.Int8(int64(math.Float64bits(f))) }

// Numeric appends a numeric, exactly.
func (r *Rows) Numeric(n pgtype.Numeric) error {
	plan := pgtype.NumericCodec{}.PlanEncode(nil, pgtype.NumericOID, pgtype.BinaryFormatCode, n)
	var err error
	r.Bytea(func(data []byte) []byte {
		var encoded []byte
		if encoded, err = plan.Encode(n, data); err != nil {
			return data
		}
		return encoded
	})
	return err
}

// Timestamp appends a timestamptz: microseconds since 1970.
func (r *Rows) Timestamp(micros int64) { r.Int8(micros - epochMicros) }

// Date appends a date: days since 1970.
func (r *Rows) Date(days int32) { r.Int4(days - epochDays) }

// Copy copies rows into the table and empties them. Frozen, they need never be
// vacuumed or have their hints set; the transaction must have made or truncated the
// table. Dry, it records the COPY.
func (db *DB) Copy(ctx context.Context, tx pgx.Tx, t Table, columns []string, frozen bool, rows *Rows) (int64, error) {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = MustIdent(c).String()
	}
	sql := fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT binary", t.Ident(), strings.Join(quoted, ", "))
	if frozen {
		sql += ", FREEZE"
	}
	sql += ")"
	if db.Dry() {
		db.record(Statement{File: "COPY", SQL: sql})
		*rows = Rows{}
		return 0, nil
	}
	if rows.n == 0 {
		return 0, nil
	}
	data := append(rows.data, copyTrailer...)
	n := rows.n
	rows.data, rows.n = rows.data[:0], 0
	// pgx's own CopyFrom takes values, not rows as they go over the wire; its tracer is
	// told all the same.
	conn := tx.Conn()
	tracer, traced := conn.Config().Tracer.(pgx.CopyFromTracer)
	if traced {
		ctx = tracer.TraceCopyFromStart(ctx, conn, pgx.TraceCopyFromStartData{TableName: t.Path(), ColumnNames: columns})
	}
	tag, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(data), sql)
	if traced {
		tracer.TraceCopyFromEnd(ctx, conn, pgx.TraceCopyFromEndData{CommandTag: tag, Err: err})
	}
	if err == nil && tag.RowsAffected() != n {
		err = fmt.Errorf("%d rows sent, %d taken", n, tag.RowsAffected())
	}
	if err != nil {
		return 0, fmt.Errorf("COPY into %s: %w", t.Ident(), err)
	}
	return n, nil
}
