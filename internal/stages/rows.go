package stages

import (
	"encoding/binary"
	"math"
	"unique"

	"github.com/attribution-dev/attribution/internal/event"
)

// Binary values of Postgres, as rows.RawValues gives them. Reading them in place is
// what lets stage 2 keep up with the server.

// postgresEpoch is 2000-01-01, from which Postgres counts.
var postgresEpoch = event.MinTime

func rawText(b []byte) string { return string(b) }

// rawShared is rawText for values that repeat, such as a source's name: one copy of
// each is kept.
func rawShared(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unique.Make(string(b)).Value()
}

// rawTime reads a timestamptz; ok is false for NULL and infinity.
func rawTime(b []byte) (m event.Micros, ok bool) {
	if len(b) != 8 {
		return 0, false
	}
	n := int64(binary.BigEndian.Uint64(b))
	if n == math.MaxInt64 || n == math.MinInt64 {
		return 0, false
	}
	return event.Micros(n) + postgresEpoch, true
}

func rawInt2(b []byte) int16 { return int16(binary.BigEndian.Uint16(b)) }
func rawInt4(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) }
func rawInt8(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }
func rawBool(b []byte) bool  { return len(b) == 1 && b[0] == 1 }

// null is the text as a bound value: NULL for "".
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
