package script

import (
	"fmt"
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// A Case is one behaviour: rows that arrive over some nights, and what is published
// after each.
type Case struct {
	Title  string // one sentence
	File   string
	Line   int // of the title
	Nights []Night
}

// A Night is what arrives before one run, and what is expected after it.
type Night struct {
	Line     int       // of the statement that begins it
	At       time.Time // the run's clock
	Settings []Setting // that change on this night
	Forget   []string  // persons forgotten before its rows arrive
	Delete   []string  // ids of rows deleted at the source before that
	Rows     []Row
	Expects  []Expect
}

// A Setting is a key of the configuration file and its value in YAML.
type Setting struct {
	Key, Value string
	Line       int
}

// A Row is one raw Segment row.
type Row struct {
	Line   int
	Source string // the schema
	Kind   event.Kind
	Values map[string]string // by column; what is not there is NULL
}

// An Expect is what one published table must hold.
type Expect struct {
	Line    int    // of the statement
	Table   string // as the language calls it
	Person  string // user:ID or anon:ID; "": everybody
	Columns []string
	Rows    []ExpectedRow

	columns []column
}

// An ExpectedRow is one row, a cell a column, in the form the language prints.
type ExpectedRow struct {
	Line  int
	Cells []string
}

// An Error says what is wrong with a script, and where.
type Error struct {
	File         string
	Line, Column int // from 1; the column counts bytes
	Message      string
}

// Error is "file:line:column: message".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Sources are the schemas the case's rows are in, in the order of their first use;
// website when it has none.
func (c Case) Sources() (sources []string) {
	for _, n := range c.Nights {
		for _, r := range n.Rows {
			if !slices.Contains(sources, r.Source) {
				sources = append(sources, r.Source)
			}
		}
	}
	if len(sources) == 0 {
		sources = []string{defaultSource}
	}
	return sources
}

// World is the case's rows as a world: each source has every table and column the
// pipeline reads. Its settings are the defaults; those of the case are in its nights.
func (c Case) World() world.World {
	w := world.World{Settings: world.DefaultSettings()}
	sources := c.Sources()
	for _, name := range sources {
		s := world.Source{Schema: name}
		for _, k := range event.Kinds() {
			s.Tables = append(s.Tables, world.Table{Kind: k, Columns: world.TableColumns(k)})
		}
		w.Sources = append(w.Sources, s)
	}
	for i, n := range c.Nights {
		w.AsOf = append(w.AsOf, n.At)
		for _, r := range n.Rows {
			w.Rows = append(w.Rows, world.Row{Source: slices.Index(sources, r.Source), Kind: r.Kind, Night: i, Values: r.Values})
		}
	}
	return w
}
