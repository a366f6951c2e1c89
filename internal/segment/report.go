package segment

import (
	"errors"
	"fmt"
	"time"
)

// ErrBusy says that another load into the same schema is under way.
var ErrBusy = errors.New("another load into this schema is running")

// A BadLine is a line, or one message of it, that was not taken in.
type BadLine struct {
	File   string // "-" for standard input
	Line   int64  // from 1; the line on which the message begins
	Reason Reason
	Detail string // what the parser said, or ""
}

// String is "file:line: reason: detail".
func (b BadLine) String() string {
	if b.Detail == "" {
		return fmt.Sprintf("%s:%d: %s", b.File, b.Line, b.Reason)
	}
	return fmt.Sprintf("%s:%d: %s: %s", b.File, b.Line, b.Reason, b.Detail)
}

// A FileError is a file that could not be read to its end. What came before is loaded.
type FileError struct {
	File string
	Err  error
}

// Error is "file: what went wrong".
func (e FileError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap is the error met.
func (e FileError) Unwrap() error { return e.Err }

// An AddedColumn is a column the loader added to a table.
type AddedColumn struct {
	Table string
	Column
}

// A LoadReport counts what a load did. Rows, duplicates, tables and columns are
// those committed; after an error the report holds what was done until then.
type LoadReport struct {
	Files        int
	SkippedFiles int   // files of folders whose names are not those of JSON files
	Bytes        int64 // of JSON, after decompression
	Lines        int64 // that were not blank
	Messages     int64 // a line may hold several, or none
	Batches      int

	Rows       map[string]int64 // by table: rows added, of users also those brought up to date
	Duplicates map[string]int64 // by table: rows left out because their id was there, earlier in the input or in the table

	BadLines   map[Reason]int64
	FileErrors []FileError

	BadFields     map[string]int64 // by field of the message: unusable values of well-known fields, taken as absent
	Misfits       map[string]int64 // by table.column: values that did not fit its type, taken as NULL
	NoEventTable  map[string]int64 // by reason: track calls that are in tracks only
	MadeUpIDs     int64            // messages without a usable messageId
	NoReceivedAt  int64            // messages without a usable receivedAt
	DroppedValues int64            // values beyond the width of a table or of a row
	Repairs       Repairs

	TablesCreated []string
	ColumnsAdded  []AddedColumn
	Duration      time.Duration
}

// BadLineCount is the number of bad lines of every reason.
func (r *LoadReport) BadLineCount() int64 { return sum(r.BadLines) }

// MisfitCount is the number of misfits of every column.
func (r *LoadReport) MisfitCount() int64 { return sum(r.Misfits) }

// HasWarnings reports whether anything was not loaded as it stood, which a strict
// caller takes for a failure: bad lines, unreadable files, bad fields, misfits,
// dropped values. Duplicates and repaired strings are none.
func (r *LoadReport) HasWarnings() bool {
	return r.BadLineCount() > 0 || len(r.FileErrors) > 0 || len(r.BadFields) > 0 ||
		r.MisfitCount() > 0 || r.DroppedValues > 0
}

func sum[K comparable](counts map[K]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// take adds what the parser counted.
func (r *LoadReport) take(p *parser) {
	r.Messages, r.Repairs = p.messages, p.repairs
	r.BadFields, r.NoEventTable = p.badFields, p.noEventTable
	r.MadeUpIDs, r.NoReceivedAt = p.madeUpIDs, p.receivedAtGap
	for _, t := range p.schema.tables {
		r.DroppedValues += t.dropped
		for _, c := range t.columns {
			if c.misfits > 0 {
				r.Misfits[t.name+"."+c.name] = c.misfits
			}
		}
	}
}
