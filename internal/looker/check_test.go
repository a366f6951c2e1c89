package looker_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/attribution-dev/attribution/internal/testkit/catalog"
)

// A checker holds a project to a database. Everything that is wrong is a line of its
// project's Problems.
type checker struct {
	*project
	db        *database
	relations map[string]catalog.Relation
}

// check returns everything that is wrong with a project, and what is missing in it.
func check(ctx context.Context, db *database, p *project, relations []catalog.Relation) []string {
	c := checker{project: p, db: db, relations: map[string]catalog.Relation{}}
	for _, r := range relations {
		c.relations[r.Name] = r
		if _, exists := p.Views[r.Name]; !exists {
			p.problem("no view of %s.%s", r.Schema, r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Views)) {
		c.view(ctx, p.Views[name])
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(p.Explores)) {
		c.exploreOf(ctx, name, seen)
	}
	for name := range p.Views {
		if !seen[name] {
			p.problem("view %s is in no explore", name)
		}
	}
	for name, d := range p.Datagroups {
		text, err := p.constants(d.Trigger)
		if err == nil {
			_, err = db.number(ctx, text)
		}
		if err != nil {
			p.problem("datagroup %s: %v", name, err)
		}
	}
	if len(p.Dashboards) == 0 {
		p.problem("no dashboard")
	}
	for _, d := range p.Dashboards {
		for _, q := range d.queries(p) {
			c.execute(ctx, q)
		}
	}
	return p.Problems
}

// ofColumn is a dimension that is a column and nothing else; inColumns is every
// column an expression names.
var (
	ofColumn  = regexp.MustCompile(`^\$\{TABLE\}\.(\w+)$`)
	inColumns = regexp.MustCompile(`\$\{TABLE\}\.(\w+)`)
)

// view: every column has a dimension, the primary key is the table's, every
// expression is of the type PostgreSQL says, and has a description or a label.
func (c checker) view(ctx context.Context, v view) {
	relation, exists := c.relations[v.Name]
	if !exists {
		c.problem("view %s: there is no such table", v.Name)
		return
	}
	// An explore of the view alone, whether or not there is one.
	alone := &project{Constants: c.Constants, Views: c.Views, Explores: map[string]explore{v.Name: {}}}
	columns, keys, types := map[string]bool{}, [][]string{}, map[string]string{}
	for name, d := range v.Dimensions {
		for _, m := range inColumns.FindAllStringSubmatch(d.SQL, -1) {
			columns[m[1]] = columns[m[1]] || !d.Key || ofColumn.MatchString(strings.TrimSpace(d.SQL))
		}
		if d.Key {
			keys = append(keys, columnsOf(d.SQL))
		}
		types[v.Name+"."+name] = d.Type
		c.format(v.Name+"."+name, d)
	}
	for name, d := range v.Groups {
		for _, m := range inColumns.FindAllStringSubmatch(d.SQL, -1) {
			columns[m[1]] = true
		}
		if d.Type != "time" {
			c.problem("%s.%s: a dimension_group is of type time", v.Name, name)
		}
		for _, frame := range d.Frames {
			if frames[frame] == "" {
				c.problem("%s.%s: timeframe %s is not known here", v.Name, name, frame)
				continue
			}
			if frame == "raw" {
				types[v.Name+"."+name+"_raw"] = cmp.Or(d.Datatype, "time")
			}
		}
	}
	for name, d := range v.Measures {
		types[v.Name+"."+name] = "number"
		c.format(v.Name+"."+name, d)
		c.measure(v, name, d)
	}
	c.typed(ctx, alone, v.Name, types)
	for _, column := range relation.Columns {
		if !columns[column.Name] {
			c.problem("view %s: no dimension of column %s", v.Name, column.Name)
		}
	}
	key := slices.Sorted(slices.Values(relation.Key()))
	if len(key) > 0 && (len(keys) != 1 || !slices.Equal(keys[0], key)) {
		c.problem("view %s: its primary key is to be %v, and is %v", v.Name, key, keys)
	}
	for _, key := range [][]string{relation.Key(), unique[v.Name]} {
		if len(key) > 0 {
			c.isKey(ctx, relation, key)
		}
	}
}

// isKey: the columns are unique, NULL being one value.
func (c checker) isKey(ctx context.Context, r catalog.Relation, key []string) {
	var columns []string
	for _, name := range key {
		columns = append(columns, pgx.Identifier{name}.Sanitize())
	}
	twice, err := c.db.number(ctx, fmt.Sprintf("SELECT count(*) - count(DISTINCT ROW(%s)::text) FROM %s", strings.Join(columns, ", "), pgx.Identifier{r.Schema, r.Name}.Sanitize()))
	if err != nil || twice > 0 {
		c.problem("%s.%s: %d rows have a key %v of another (%v)", r.Schema, r.Name, twice, key, err)
	}
}

// columnsOf are the columns an expression names, each once.
func columnsOf(text string) []string {
	var all []string
	for _, m := range inColumns.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ratio is a column that is none to add up or average.
var ratio = regexp.MustCompile(`\b(cac|roas|ltv|\w*share)\b`)

func (c checker) measure(v view, name string, d field) {
	if (d.Type == "sum" || d.Type == "average") && ratio.MatchString(d.SQL) && !strings.Contains(d.SQL, "markov") {
		c.problem("%s.%s: a %s of ratios: divide sums", v.Name, name, d.Type)
	}
	if !d.Hidden && d.Description == "" && d.Label == "" {
		c.problem("%s.%s: neither described nor labelled", v.Name, name)
	}
	for _, f := range d.Drill {
		r := &renderer{project: c.project, base: v.Name, views: map[string]string{v.Name: v.Name}}
		if _, _, _, err := r.find(v.Name + "." + f); err != nil {
			c.problem("%s.%s: drill_fields: %v", v.Name, name, err)
		}
	}
}

// kinds are the types of PostgreSQL that a type of LookML stands for.
var kinds = map[string][]uint32{
	"string": {pgtype.TextOID, pgtype.VarcharOID},
	"number": {pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.NumericOID, pgtype.Float8OID},
	"tier":   {pgtype.Int4OID},
	"yesno":  {pgtype.BoolOID},
	"time":   {pgtype.TimestamptzOID},
	"date":   {pgtype.DateOID},
}

// formats are Looker's own that we use.
var formats = []string{"", "decimal_1", "decimal_2", "percent_1", "percent_2"}

func (c checker) format(name string, f field) {
	if !slices.Contains(formats, f.Format) {
		c.problem("%s: value_format_name %q is not known here", name, f.Format)
	}
}

// typed: PostgreSQL takes the expressions of a view, and each is of its kind. They are
// asked for together, and one by one only where that fails.
func (c checker) typed(ctx context.Context, p *project, view string, types map[string]string) {
	names := slices.Sorted(maps.Keys(types))
	described, err := c.describe(ctx, p, view, names)
	if err != nil && len(names) > 1 {
		for _, name := range names {
			c.typed(ctx, p, view, map[string]string{name: types[name]})
		}
		return
	}
	if err != nil {
		c.problem("%s: %v", names[0], err)
		return
	}
	for i, name := range names {
		if got := described[i]; !slices.Contains(kinds[types[name]], got) {
			c.problem("%s: is declared a %s, and PostgreSQL's type of it is %s", name, types[name], typeName(c.db.conn, got))
		}
	}
}

func (c checker) describe(ctx context.Context, p *project, view string, names []string) ([]uint32, error) {
	r, err := p.renderer(view)
	if err != nil {
		return nil, err
	}
	text, err := r.sql(query{fields: names})
	if err != nil {
		return nil, err
	}
	return c.db.types(ctx, text)
}

// guarded are the fields that an explore must ask for one of: sums over them mean nothing.
var guarded = map[string][]string{
	"credits":             {"conversion", "model"},
	"channel_performance": {"conversion", "model"},
	"retention":           {"dimension"},
}

// exploreOf: its joins are right, and every field of it can be asked for: those of
// each view together, with all measures of the explore.
func (c checker) exploreOf(ctx context.Context, name string, seen map[string]bool) {
	r, err := c.renderer(name)
	if err != nil {
		c.problem("explore %s: %v", name, err)
		return
	}
	for _, f := range guarded[name] {
		if r.explore.Always.Filters[name+"."+f] == "" {
			c.problem("explore %s: always_filter must ask for one %s", name, f)
		}
	}
	for alias, j := range r.explore.Joins {
		c.join(r, alias, j)
	}
	measures := map[string][]string{}
	for alias, v := range r.views {
		seen[v] = true
		for m, f := range c.Views[v].Measures {
			// Looker refuses a median where rows are repeated.
			if f.Type != "median" || alias == name {
				measures[alias] = append(measures[alias], alias+"."+m)
			}
		}
		slices.Sort(measures[alias])
	}
	for alias, v := range r.views {
		var dimensions []string
		for d := range c.Views[v].Dimensions {
			dimensions = append(dimensions, alias+"."+d)
		}
		for g, f := range c.Views[v].Groups {
			for _, frame := range f.Frames {
				dimensions = append(dimensions, alias+"."+g+"_"+frame)
			}
		}
		slices.Sort(dimensions)
		c.execute(ctx, query{where: "explore " + name + ", dimensions of " + alias, explore: name, fields: append(dimensions, measures[name]...)})
		c.execute(ctx, query{where: "explore " + name + ", measures of " + alias, explore: name, fields: append([]string{}, measures[alias]...)})
	}
}

// execute runs a query: it must be taken, and find something.
func (c checker) execute(ctx context.Context, q query) {
	if len(q.fields) == 0 {
		return
	}
	r, err := c.renderer(q.explore)
	if err != nil {
		c.problem("%s: %v", q.where, err)
		return
	}
	text, err := r.sql(q)
	if err != nil {
		c.problem("%s: %v", q.where, err)
		return
	}
	rows, err := c.db.number(ctx, "SELECT count(*) FROM (\n"+text+"\n) AS q")
	if err != nil {
		c.problem("%s: %v\n%s", q.where, err, text)
	} else if rows == 0 {
		c.problem("%s: finds nothing\n%s", q.where, text)
	}
}

// unique are keys beside the primary one: md5 of it.
var unique = map[string][]string{"all_sessions": {"session_id"}}

var (
	equal  = regexp.MustCompile(`^\$\{(\w+)\.(\w+)\} = \$\{(\w+)\.(\w+)\}$`)
	pinned = regexp.MustCompile(`^\$\{(\w+)\.(\w+)\}(?: = '\w+')?$`)
)

// join: it is on the whole key of the view that is said to have one row a match, and
// on columns that mean the same.
func (c checker) join(r *renderer, alias string, j join) {
	where := "explore " + r.base + ", join " + alias
	fixed := map[string][]string{} // by view of the explore: the columns that are equated
	add := func(alias, name string) string {
		f, _, _, err := r.find(alias + "." + name)
		m := ofColumn.FindStringSubmatch(strings.TrimSpace(f.SQL))
		if err != nil || m == nil {
			c.problem("%s: %s.%s is no column (%v)", where, alias, name, err)
			return ""
		}
		fixed[alias] = append(fixed[alias], m[1])
		return m[1]
	}
	for _, term := range strings.Split(strings.Join(strings.Fields(j.On), " "), " AND ") {
		if m := equal.FindStringSubmatch(term); m != nil {
			left, right := add(m[1], m[2]), add(m[3], m[4])
			if left != right && left != "position" && right != "touch_position" {
				c.problem("%s: %s is not %s", where, left, right)
			}
		} else if m := pinned.FindStringSubmatch(term); m != nil {
			add(m[1], m[2])
		} else {
			c.problem("%s: %q is neither of two columns nor fixes one", where, term)
		}
	}
	one := func(alias string) bool {
		name := r.views[alias]
		for _, key := range [][]string{c.relations[name].Key(), unique[name]} {
			missing := slices.DeleteFunc(slices.Clone(key), func(column string) bool { return slices.Contains(fixed[alias], column) })
			if len(key) > 0 && len(missing) == 0 {
				return true
			}
		}
		return false
	}
	side := map[bool]string{true: "one", false: "many"}
	from := false
	for other := range fixed {
		from = from || other != alias && one(other)
	}
	want := side[from] + "_to_" + side[one(alias)]
	if j.Relationship != want || want == "many_to_many" {
		c.problem("%s: is said to be %s, and by its keys is %s: name the whole key", where, j.Relationship, want)
	}
	if j.Type != "left_outer" {
		c.problem("%s: leaves rows out; type is to be left_outer", where)
	}
}
