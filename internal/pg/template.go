package pg

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"github.com/attribution-dev/attribution/internal/month"
)

// Templates renders the statements of one installation. Identifiers come in typed
// and quoted, values are bound when the statement is sent, month bounds are
// rendered by the month: there is no fourth way in.
type Templates struct {
	all *template.Template
}

// Data is what a template may use beside the schemas. Each field is of a type that
// renders itself safely; a test refuses plain strings.
type Data struct {
	Month   month.Month  // the month the statement is about
	Run     RunID        // the run, in names of tables built aside
	Source  Identifier   // a source's table
	Columns []SourceItem // the select list of a source's table
	Table   Identifier   // the table the statement is about
	Other   Identifier   // a second one
	Extra   []Identifier // columns taken beyond the needed ones
	Rounded []Identifier // columns whose last digits do not count
	Tables  []Identifier // several tables
	Full    bool         // everything, not what is dirty
	Flag    bool         // a variant explained in the file's comment
	Window  Window       // how a source's table is cut

	Identities bool // the table holds identities, not events
	Forgets    bool // persons were forgotten: their rows at the sources are passed over
	UserAgents bool // the source's table has context_user_agent
}

// A Window says which rows of a source's table a statement reads; the bounds are
// bound values. The zero Window cuts by load time.
type Window struct {
	Received  bool // received_at in [from, to)
	Rest      bool // received_at outside [from, to), or NULL
	HasUUIDTS bool // the table has uuid_ts, so load time is that
	Again     bool // of any time, with an id in dirty_ids
}

// A Literal is a text that renders as a string literal of SQL, quotes doubled.
type Literal struct{ text string }

// String is the literal.
func (l Literal) String() string { return "'" + strings.ReplaceAll(l.text, "'", "''") + "'" }

// A RunID numbers a run.
type RunID int64

// A SourceItem is one item of a select list over a source's table: an expression
// made of a quoted column or NULL and a cast, under a quoted name.
type SourceItem struct {
	Name   Identifier
	column Identifier
	cast   string

	identifier bool
}

// casts is the closed list of types a source's column is cast to.
var casts = map[string]string{"text": "text", "timestamptz": "timestamptz"}

// Column is the item reading column as the type, "text" or "timestamptz".
func Column(name, column, typ string) SourceItem {
	return SourceItem{Name: MustIdent(name), column: MustIdent("t", column), cast: casts[typ]}
}

// Absent is the item for a column the source's table does not have.
func Absent(name, typ string) SourceItem {
	return SourceItem{Name: MustIdent(name), cast: casts[typ]}
}

// TrimmedIdentifier is the item for an identifier: trimmed of @spaces, "" for NULL.
func TrimmedIdentifier(name string) SourceItem {
	return SourceItem{Name: MustIdent(name), column: MustIdent("t", name), cast: "text", identifier: true}
}

// AbsentIdentifier is the item for an identifier the source's table does not have.
func AbsentIdentifier(name string) SourceItem {
	return SourceItem{Name: MustIdent(name), cast: "text", identifier: true}
}

// IsIdentifier reports whether the item is the identifier of that name.
func (s SourceItem) IsIdentifier(name string) bool { return s.identifier && s.Name == MustIdent(name) }

// Expr is the expression alone.
func (s SourceItem) Expr() string {
	absent := s.column == (Identifier{})
	switch {
	case absent && s.identifier:
		return "''::text"
	case absent:
		return "NULL::" + s.cast
	case s.identifier:
		return "coalesce(btrim(" + s.column.String() + "::text, @spaces), '')"
	default:
		return s.column.String() + "::" + s.cast
	}
}

// String is "expression AS name".
func (s SourceItem) String() string { return s.Expr() + " AS " + s.Name.String() }

// ParseTemplates parses every .sql file of fsys for the schemas of n. Beside the
// schemas (segment, stages, sessions, aliases, ops) templates have
// {{partition "stages" "all_tracks" .Month}} and {{aside "sessions" "touches" .Run}}.
func ParseTemplates(fsys fs.FS, n Names) (*Templates, error) {
	schemas := map[string]string{"segment": n.Segment, "stages": n.Stages, "sessions": n.Sessions, "aliases": n.Aliases, "ops": n.Ops}
	funcs := template.FuncMap{
		// partition names the month's partition: {{partition "stages" "all_tracks" .Month}}.
		"partition": func(schema, table string, m month.Month, suffix ...string) (Identifier, error) {
			return Ident(schemas[schema], table+"_"+m.Suffix()+strings.Join(suffix, ""))
		},
		// aside names a table built aside by a run: {{aside "sessions" "touches" .Run}}.
		"aside": func(schema, table string, r RunID) (Identifier, error) {
			return Ident(schemas[schema], AsideName(table, r))
		},
		// sequence is a sequence's quoted name as nextval takes it.
		"sequence": func(schema, name string) (Literal, error) {
			i, err := Ident(schemas[schema], name)
			return Literal{i.String()}, err
		},
		// name quotes a bare name made of a table and a suffix.
		"name": func(parts ...string) (Identifier, error) { return Ident(strings.Join(parts, "")) },
	}
	for k, v := range schemas {
		quoted, err := Ident(v)
		if err != nil {
			return nil, fmt.Errorf("schemas.%s: %w", k, err)
		}
		funcs[k] = func() Identifier { return quoted }
	}
	t := template.New("").Option("missingkey=error").Funcs(funcs)
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		text, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		if _, err := t.New(path).Parse(string(text)); err != nil {
			return fmt.Errorf("statement template %s: %w", path, err)
		}
		return nil
	})
	return &Templates{t}, err
}

// Render returns the statement in the file.
func (t *Templates) Render(file string, d Data) (string, error) {
	var b strings.Builder
	tmpl := t.all.Lookup(file)
	if tmpl == nil {
		return "", fmt.Errorf("no statement %s", file)
	}
	if err := tmpl.Execute(&b, d); err != nil {
		return "", fmt.Errorf("statement %s: %w", file, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// Files lists every statement by path, sorted.
func (t *Templates) Files() []string {
	var files []string
	for _, tmpl := range t.all.Templates() {
		if strings.HasSuffix(tmpl.Name(), ".sql") {
			files = append(files, tmpl.Name())
		}
	}
	slices.Sort(files)
	return files
}

// AsideName is the name of a table while the run builds it beside the published one.
// Its suffix, and not being attached, is how leftovers are recognised.
func AsideName(table string, r RunID) string { return fmt.Sprintf("%s_new_%d", table, r) }

// OldName is the name of a table a run has replaced, until it is dropped.
func OldName(table string, r RunID) string { return fmt.Sprintf("%s_old_%d", table, r) }
