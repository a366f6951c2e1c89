package segment

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
)

// copySignature begins a binary COPY: the magic bytes, no flags, no extension.
const copySignature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// A copySource is the binary COPY stream of the rows of a batch for one table.
type copySource struct {
	table    *batchTable
	skip     []bool // rows left out, by index
	loadedAt event.Micros
	chunk    []byte // encoded, of which sent bytes have been read
	sent     int
	next     int // the next row; -1 before the signature, len+1 after the trailer
}

// chunkBytes is about how much is encoded at a time.
const chunkBytes = 64 << 10

func (s *copySource) Read(p []byte) (int, error) {
	if s.sent == len(s.chunk) {
		s.fill()
		if len(s.chunk) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, s.chunk[s.sent:])
	s.sent += n
	return n, nil
}

func (s *copySource) fill() {
	out := s.chunk[:0]
	if s.next < 0 {
		out = append(out, copySignature...)
		s.next = 0
	}
	rows, columns := s.table.rows, len(s.table.slots)
	for s.next < len(rows) && len(out) < chunkBytes {
		row := &rows[s.next]
		if !s.skip[s.next] {
			out = binary.BigEndian.AppendUint16(out, uint16(columns+1))
			out = appendInstant(out, s.loadedAt)
			out = append(out, s.table.buf[row.from:row.to]...)
			for range columns - row.fields {
				out = append(out, 0xff, 0xff, 0xff, 0xff)
			}
		}
		s.next++
	}
	if s.next == len(rows) && len(out) < chunkBytes {
		out = append(out, 0xff, 0xff)
		s.next++
	}
	s.chunk, s.sent = out, 0
}

func appendInstant(dst []byte, at event.Micros) []byte {
	dst = append(dst, 0, 0, 0, 8)
	return binary.BigEndian.AppendUint64(dst, uint64(int64(at)-postgresEpoch))
}

// copyStatement is the COPY a copySource of the table is for.
func (t *batchTable) copyStatement(into pgx.Identifier) string {
	var b strings.Builder
	b.WriteString("COPY " + into.Sanitize() + ` ("uuid_ts"`)
	for _, c := range t.slots {
		b.WriteString(", " + quote(c.name))
	}
	b.WriteString(") FROM STDIN (FORMAT binary)")
	return b.String()
}
