package segment

import (
	"fmt"
	"maps"
	"slices"
)

// A Change is what happened to a column between two looks at the catalog.
type Change string

// The changes.
const (
	Added       Change = "added"
	Missing     Change = "missing"
	TypeChanged Change = "type changed"
)

// A Drift is one column of a source that is not as it was at the last run.
type Drift struct {
	Schema, Table, Column string
	Change                Change
	Was, Is               string // types; "" where there was or is no column
}

// String is one sentence for a log.
func (d Drift) String() string {
	name := quote(d.Column) + " of " + quote(d.Schema) + "." + quote(d.Table)
	switch d.Change {
	case Added:
		return fmt.Sprintf("column %s is new (%s)", name, d.Is)
	case Missing:
		return fmt.Sprintf("column %s is gone (it was %s)", name, d.Was)
	default:
		return fmt.Sprintf("column %s changed its type from %s to %s", name, d.Was, d.Is)
	}
}

// Compare lists how the columns of a table differ from those at the last look,
// ordered by name.
func Compare(last, now TableInfo) []Drift {
	names := map[string]bool{}
	for name := range last.Columns {
		names[name] = true
	}
	for name := range now.Columns {
		names[name] = true
	}
	var list []Drift
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := last.Columns[name]
		is, has := now.Columns[name]
		d := Drift{Schema: now.Schema, Table: now.Table, Column: name, Was: was, Is: is}
		switch {
		case !had:
			d.Change = Added
		case !has:
			d.Change = Missing
		case was != is:
			d.Change = TypeChanged
		default:
			continue
		}
		list = append(list, d)
	}
	return list
}
