// Package pg is the way to Postgres: connections, typed identifiers, statement
// templates, COPY and the classes of errors.
package pg

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
)

// MaxIdentifierBytes is the longest identifier Postgres keeps; longer ones it
// silently truncates, so we refuse them.
const MaxIdentifierBytes = 63

// An Identifier is a quoted SQL identifier, possibly qualified. It is the only way
// a name reaches a statement. The zero Identifier renders as nothing valid.
type Identifier struct{ quoted string }

// Ident quotes the parts of a name ("schema", "table"). It refuses empty parts, NUL
// and parts over MaxIdentifierBytes.
func Ident(parts ...string) (Identifier, error) {
	if len(parts) == 0 {
		return Identifier{}, errors.New("identifier: empty")
	}
	for _, p := range parts {
		switch {
		case p == "":
			return Identifier{}, errors.New("identifier: empty")
		case strings.ContainsRune(p, 0):
			return Identifier{}, fmt.Errorf("identifier %q: contains NUL", p)
		case len(p) > MaxIdentifierBytes:
			return Identifier{}, fmt.Errorf("identifier %q: %d bytes, Postgres keeps at most %d", p, len(p), MaxIdentifierBytes)
		}
	}
	return Identifier{pgx.Identifier(parts).Sanitize()}, nil
}

// MustIdent is Ident for names known to be valid; it panics otherwise.
func MustIdent(parts ...string) Identifier {
	i, err := Ident(parts...)
	if err != nil {
		panic(err)
	}
	return i
}

// String is the quoted form, as it goes into a statement.
func (i Identifier) String() string { return i.quoted }

// Names are the schemas of one installation, as configured.
type Names struct {
	Segment, Stages, Sessions, Aliases, Ops string
}

// A Table is a table by schema and name, for COPY and the catalog.
type Table struct{ Schema, Name string }

// Ident is the quoted, qualified name.
func (t Table) Ident() Identifier { return MustIdent(t.Schema, t.Name) }

// ParseTable reads "schema.table", each as it is in the catalog, without quotes. Errors:
// not two parts, or parts that are no identifiers.
func ParseTable(text string) (Table, error) {
	schema, name, _ := strings.Cut(text, ".")
	if _, err := Ident(schema, name); err != nil || strings.Contains(name, ".") {
		return Table{}, fmt.Errorf("%q is no table such as marketing.spend: give the schema, a dot and the table, without quotes", text)
	}
	return Table{schema, name}, nil
}

// Path is the name as COPY takes it.
func (t Table) Path() pgx.Identifier { return pgx.Identifier{t.Schema, t.Name} }

// Partition is the table's partition for a month: app_tracks_2018_01.
func (t Table) Partition(m month.Month) Table { return Table{t.Schema, t.Name + "_" + m.Suffix()} }
