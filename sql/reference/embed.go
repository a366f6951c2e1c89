// Package reference holds the whole of the pipeline as plain SQL over the raw source
// tables: the oracle of the property tests and the baseline of the benchmark. One
// statement a file; the file names give the order.
package reference

import "embed"

// FS holds the statement templates. A file whose name ends in _repeat.sql is run
// again until it changes no row.
//
//go:embed *.sql
var FS embed.FS
