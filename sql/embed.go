// Package sql holds every statement the stages send: one a file, one folder a stage
// in the order they run; what several stages send is in 00_shared,
// what forgetting a person takes in 11_forget, what a report asks in 12_report.
package sql

import "embed"

// FS holds the statement templates.
//
//go:embed 0*/*.sql 1*/*.sql
var FS embed.FS
