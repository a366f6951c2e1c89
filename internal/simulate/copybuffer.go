package simulate

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// copyHeader begins a stream in the binary format of COPY, and copyTrailer ends it.
var (
	copyHeader  = append([]byte("PGCOPY\n\xff\r\n\x00"), 0, 0, 0, 0, 0, 0, 0, 0)
	copyTrailer = []byte{0xff, 0xff}
)

// A copyBatch is one COPY into one table, ready to be sent, with the statements that
// must come before it.
type copyBatch struct {
	before []string
	into   string
	data   []byte
	rows   int64
}

// copyInto is the COPY statement of a table and columns.
func copyInto(schema, table string, columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	return "COPY " + pgx.Identifier{schema, table}.Sanitize() + " (" + strings.Join(quoted, ", ") + ") FROM STDIN (FORMAT binary)"
}

// run sends the batch.
func (b *copyBatch) run(ctx context.Context, conn *pgconn.PgConn) error {
	for _, sql := range b.before {
		if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
			return err
		}
	}
	if len(b.data) == 0 {
		return nil
	}
	_, err := conn.CopyFrom(ctx, bytes.NewReader(b.data), b.into)
	return err
}

// A copyBuffer gathers the rows of one table whose columns appear with their first
// value.
type copyBuffer struct {
	schema, table string
	all           []column
	has           []bool // the column exists in the table
	layout        []int  // existing columns, in the order they are written
	pending       []int  // columns to add before the next batch
	start         []string
	data          []byte
	rows          int64
}

// newCopyBuffer is the buffer of a table of which only the given columns exist.
// start are the statements to send before anything else.
func newCopyBuffer(schema, table string, exists func(name string) bool, start []string) *copyBuffer {
	all, _ := columnsOf(table)
	b := &copyBuffer{schema: schema, table: table, all: all, has: make([]bool, len(all)), start: start}
	for i, c := range all {
		if exists(c.Name) {
			b.has[i] = true
			b.layout = append(b.layout, i)
		}
	}
	return b
}

// missing reports whether the row has values of columns that do not exist yet, and
// takes note of them.
func (b *copyBuffer) missing(scratch []byte, r *Row) bool {
	found := false
	for i := range b.all {
		if b.has[i] {
			continue
		}
		if v := b.all[i].write(scratch[:0], r); v[0] == 0xff {
			continue
		}
		b.pending = append(b.pending, i)
		found = true
	}
	return found
}

// add appends a row all of whose values have columns.
func (b *copyBuffer) add(r *Row) {
	if len(b.data) == 0 {
		b.data = append(b.data, copyHeader...)
	}
	b.data = binary.BigEndian.AppendUint16(b.data, uint16(len(b.layout)))
	for _, i := range b.layout {
		b.data = b.all[i].write(b.data, r)
	}
	b.rows++
}

// cut takes what was gathered as a batch and begins anew with the given memory.
func (b *copyBuffer) cut(memory []byte) copyBatch {
	batch := copyBatch{before: b.start, data: b.data, rows: b.rows}
	b.start, b.data, b.rows = nil, memory[:0], 0
	if len(batch.data) > 0 {
		batch.data = append(batch.data, copyTrailer...)
		names := make([]string, len(b.layout))
		for i, c := range b.layout {
			names[i] = b.all[c].Name
		}
		batch.into = copyInto(b.schema, b.table, names)
	}
	return batch
}
