package segment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A schemaState is what the loader knows of the schema it loads into: the tables
// found when it began and those it has decided to make since. The parser alone
// changes it; what the writer has to do in the database travels with each batch.
type schemaState struct {
	tables      map[string]*table
	main        map[string]*table // by the type of message
	unusable    map[string]string // relations that cannot be loaded into, and why
	eventTables int
	created     []*table // not yet in a batch
	addedTo     map[*table][]*column

	pendingBytes, pendingRows int // met since the last batch
}

// newSchemaState begins with the tables of the catalog. It is an error when one of
// the fixed names is taken by something that cannot be loaded into.
func newSchemaState(schema string, relations []relation) (*schemaState, error) {
	s := &schemaState{
		tables: map[string]*table{}, main: map[string]*table{}, unusable: map[string]string{},
		addedTo: map[*table][]*column{},
	}
	for _, r := range relations {
		if why := r.unusable(); why != "" {
			if IsFixedTable(r.name) {
				return nil, fmt.Errorf("cannot load into %q.%q: %s", schema, r.name, why)
			}
			s.unusable[r.name] = why
			continue
		}
		t := s.newTable(r.name)
		for _, c := range r.columns {
			t.columns[c.Name] = newColumn(c.Name, c.Type)
		}
	}
	return s, nil
}

func (s *schemaState) newTable(name string) *table {
	t := &table{index: len(s.tables), name: name, columns: map[string]*column{}}
	s.tables[name] = t
	if !IsFixedTable(name) {
		s.eventTables++
	}
	return t
}

// table is the table of that name, made if need be.
func (s *schemaState) table(name string) *table {
	if t := s.tables[name]; t != nil {
		return t
	}
	t := s.newTable(name)
	t.isNew = true
	for _, c := range BaseColumns(name) {
		t.columns[c.Name] = newColumn(c.Name, c.Type)
	}
	s.created = append(s.created, t)
	return t
}

// mainTable is the table of a type of message, nil where there is no such type.
func (s *schemaState) mainTable(kind string) *table {
	if t := s.main[kind]; t != nil {
		return t
	}
	name := ""
	switch kind {
	case "track":
		name = Tracks
	case "page":
		name = Pages
	case "screen":
		name = Screens
	case "identify":
		name = Identifies
	case "alias":
		name = Aliases
	case "group":
		name = Groups
	default:
		return nil
	}
	s.main[kind] = s.table(name)
	return s.main[kind]
}

// eventTable is the table of an event, or the reason why it has none.
func (s *schemaState) eventTable(slug string) (*table, string) {
	if t := s.tables[slug]; t != nil && !IsFixedTable(slug) {
		return t, ""
	}
	switch {
	case slug == "" || IsFixedTable(slug):
		return nil, "the name of the event is one of Segment's own tables: " + slug
	case strings.HasSuffix(slug, "_pkey"): // the name of another table's index
		return nil, "the name of the event is that of an index: " + slug
	case s.unusable[slug] != "":
		return nil, slug + ": " + s.unusable[slug]
	case s.eventTables >= maxEventTables:
		return nil, fmt.Sprintf("more than %d events", maxEventTables)
	}
	return s.table(slug), ""
}

// added notes that a column has to be added before the next batch is written. Of a
// column of a new table too: a table is created with its base columns only.
func (s *schemaState) added(t *table, c *column) {
	s.addedTo[t] = append(s.addedTo[t], c)
}

// A batch is what one transaction writes.
type batch struct {
	create []string
	alter  []tableColumns
	tables []batchTable
}

type tableColumns struct {
	table   string
	columns []Column
}

type batchTable struct {
	name  string
	slots []*column // of which the writer reads the names only
	tableBatch
}

// take moves the rows met since the last batch, and the changes to tables they
// need, into b, whose buffers are used again.
func (s *schemaState) take(b *batch) {
	b.create, b.alter = nil, nil
	for _, t := range s.created {
		b.create = append(b.create, t.name)
	}
	for _, t := range slices.SortedFunc(maps.Keys(s.addedTo), byTableName) {
		a := tableColumns{table: t.name}
		for _, c := range s.addedTo[t] {
			a.columns = append(a.columns, Column{c.name, c.typ})
		}
		b.alter = append(b.alter, a)
	}
	s.created = nil
	clear(s.addedTo)
	s.pendingBytes, s.pendingRows = 0, 0

	spare := b.tables
	b.tables = nil
	for _, t := range s.tables {
		if len(t.batch.rows) == 0 {
			continue
		}
		full := batchTable{name: t.name, slots: t.slots[:len(t.slots):len(t.slots)], tableBatch: t.batch}
		t.batch = tableBatch{}
		if i := slices.IndexFunc(spare, func(o batchTable) bool { return o.name == t.name }); i >= 0 {
			t.batch = spare[i].tableBatch
			t.batch.reset()
		}
		b.tables = append(b.tables, full)
	}
	slices.SortFunc(b.tables, func(a, c batchTable) int { return cmpTable(a.name, c.name) })
}

func byTableName(a, b *table) int { return cmpTable(a.name, b.name) }

// cmpTable orders tables by name, the order in which each transaction touches
// them, so that two loads cannot deadlock. Identifies comes before users, which
// needs to know which identify calls were new.
func cmpTable(a, b string) int {
	return strings.Compare(a, b)
}
