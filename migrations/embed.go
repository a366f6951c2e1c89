// Package migrations holds the schema, one numbered step a file.
package migrations

import "embed"

// FS holds the migrations; the schemas' names are filled in as {{.segment}},
// {{.stages}}, {{.sessions}}, {{.aliases}} and {{.ops}}, quoted.
//
//go:embed *.sql
var FS embed.FS
