package looker_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A query is what Looker is asked: some fields of an explore ("view.field"), under
// filters, beside those the explore always has.
type query struct {
	where   string // it is written
	explore string
	fields  []string
	filters map[string]string
}

// A renderer makes the SQL of one query as Looker does, as far as our LookML needs:
// only the joins that its fields need, and measures of a view whose rows are repeated
// by a join counted once for each primary key.
type renderer struct {
	*project
	explore explore
	base    string
	views   map[string]string // name in the explore → view
	used    map[string]bool   // names in the explore whose tables are read
}

func (p *project) renderer(name string) (*renderer, error) {
	e, exists := p.Explores[name]
	if !exists {
		return nil, fmt.Errorf("no explore %s", name)
	}
	r := &renderer{project: p, explore: e, base: name, views: map[string]string{name: name}, used: map[string]bool{name: true}}
	for alias, j := range e.Joins {
		r.views[alias] = alias
		if j.From != "" {
			r.views[alias] = j.From
		}
	}
	for alias, v := range r.views {
		if _, exists := p.Views[v]; !exists {
			return nil, fmt.Errorf("%s: no view %s", alias, v)
		}
	}
	return r, nil
}

// sql is the whole statement: dimensions grouped by, measures, joins, filters.
func (r *renderer) sql(q query) (string, error) {
	filters := maps.Clone(r.explore.Always.Filters)
	delete(filters, "$type")
	if filters == nil {
		filters = map[string]string{}
	}
	maps.Copy(filters, q.filters)
	for _, f := range append(slices.Clone(q.fields), slices.Collect(maps.Keys(filters))...) {
		if err := r.use(f); err != nil {
			return "", err
		}
	}
	var selected, groups []string
	for i, f := range q.fields {
		text, isMeasure, err := r.field(f)
		if err != nil {
			return "", err
		}
		selected = append(selected, fmt.Sprintf("%s AS %s", text, pgx.Identifier{f}.Sanitize()))
		if !isMeasure {
			groups = append(groups, fmt.Sprint(i+1))
		}
	}
	where := []string{"true"}
	for _, f := range slices.Sorted(maps.Keys(filters)) {
		condition, err := r.condition(f, filters[f])
		if err != nil {
			return "", err
		}
		where = append(where, condition)
	}
	from, err := r.from()
	if err != nil {
		return "", err
	}
	text := "SELECT " + strings.Join(selected, ",\n  ") + "\nFROM " + from + "\nWHERE " + strings.Join(where, "\n  AND ")
	if len(groups) > 0 {
		text += "\nGROUP BY " + strings.Join(groups, ", ")
	}
	return text, nil
}

// reference is ${field} or ${view.field}.
var reference = regexp.MustCompile(`\$\{(\w+)(?:\.(\w+))?\}`)

// use marks the view of a field, and those its join goes through.
func (r *renderer) use(name string) error {
	alias, _, _ := strings.Cut(name, ".")
	if r.used[alias] {
		return nil
	}
	j, exists := r.explore.Joins[alias]
	if !exists {
		return fmt.Errorf("%s: no view %s in explore %s", name, alias, r.base)
	}
	r.used[alias] = true
	for _, m := range reference.FindAllStringSubmatch(j.On, -1) {
		if err := r.use(m[1]); err != nil {
			return err
		}
	}
	return nil
}

// from is the tables, each after those its join names.
func (r *renderer) from() (string, error) {
	table, err := r.table(r.base)
	if err != nil {
		return "", err
	}
	text, placed := table, map[string]bool{r.base: true}
	for len(placed) < len(r.used) {
		before := len(placed)
		for _, alias := range slices.Sorted(maps.Keys(r.explore.Joins)) {
			j := r.explore.Joins[alias]
			ready := r.used[alias] && !placed[alias]
			for _, m := range reference.FindAllStringSubmatch(j.On, -1) {
				ready = ready && (m[1] == alias || placed[m[1]])
			}
			if !ready {
				continue
			}
			table, err := r.table(alias)
			if err != nil {
				return "", err
			}
			on, err := r.expand(alias, j.On)
			if err != nil {
				return "", err
			}
			text += fmt.Sprintf("\nLEFT JOIN %s ON %s", table, on)
			placed[alias] = true
		}
		if len(placed) == before {
			return "", fmt.Errorf("explore %s: its joins go in a circle", r.base)
		}
	}
	return text, nil
}

var constant = regexp.MustCompile(`@\{(\w+)\}`)

func (r *renderer) table(alias string) (string, error) {
	table, err := r.constants(r.Views[r.views[alias]].Table)
	return table + " AS " + alias, err
}

// constants replaces @{name} by what the manifest says.
func (p *project) constants(text string) (string, error) {
	var err error
	text = constant.ReplaceAllStringFunc(strings.TrimSpace(text), func(s string) string {
		value, exists := p.Constants[s[2:len(s)-1]]
		if !exists {
			err = fmt.Errorf("no constant %s in the manifest", s)
		}
		return value
	})
	return text, err
}

// expand replaces the references of an expression that stands in a view or a join.
func (r *renderer) expand(alias, text string) (string, error) {
	var err error
	text = reference.ReplaceAllStringFunc(strings.TrimSpace(text), func(s string) string {
		m := reference.FindStringSubmatch(s)
		if m[1] == "TABLE" {
			return alias
		}
		name := alias + "." + m[1]
		if m[2] != "" {
			name = m[1] + "." + m[2]
		}
		inner, _, e := r.field(name)
		if e != nil && err == nil {
			err = e
		}
		return "(" + inner + ")"
	})
	return text, err
}

// frames are the timeframes as SQL. Times are shown in UTC here; Looker converts
// them to the time zone of whoever asks.
var frames = map[string]string{
	"raw": "%s", "time": "date_trunc('second', %s)", "date": "(%s)::date", "week": "date_trunc('week', %s)::date",
	"month": "date_trunc('month', %s)::date", "quarter": "date_trunc('quarter', %s)::date", "year": "EXTRACT(YEAR FROM %s)::integer",
}

// find is a field of a view of the explore; of a dimension_group with the timeframe.
func (r *renderer) find(name string) (f field, kind, frame string, err error) {
	alias, short, _ := strings.Cut(name, ".")
	v, exists := r.Views[r.views[alias]]
	if !exists {
		return f, "", "", fmt.Errorf("%s: no view %s in explore %s", name, alias, r.base)
	}
	if f, exists := v.Dimensions[short]; exists {
		return f, "dimension", "", nil
	}
	if f, exists := v.Measures[short]; exists {
		return f, "measure", "", nil
	}
	if cut := strings.LastIndex(short, "_"); cut > 0 {
		if f, exists := v.Groups[short[:cut]]; exists && slices.Contains(f.Frames, short[cut+1:]) {
			return f, "dimension", short[cut+1:], nil
		}
	}
	return f, "", "", fmt.Errorf("no field %s in explore %s", name, r.base)
}

// field is a field as SQL, and whether it is a measure.
func (r *renderer) field(name string) (text string, isMeasure bool, err error) {
	f, kind, frame, err := r.find(name)
	if err != nil {
		return "", false, err
	}
	alias, _, _ := strings.Cut(name, ".")
	text, err = r.expand(alias, f.SQL)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("%s: %w", name, err)
	case kind == "measure":
		text, err = r.measure(alias, f, text)
		return text, true, err
	case frame != "":
		return fmt.Sprintf(frames[frame], text), false, nil
	case f.Type == "tier":
		return fmt.Sprintf("width_bucket((%s)::numeric, ARRAY[%s]::numeric[])", text, strings.Join(f.Tiers, ", ")), false, nil
	}
	return text, false, nil
}

// repeated says that a join may repeat the rows of a view: then Looker counts each
// primary key once.
func (r *renderer) repeated(alias string) bool {
	for other := range r.used {
		relationship := r.explore.Joins[other].Relationship
		if other == alias && strings.HasPrefix(relationship, "many_to") || other != alias && strings.HasSuffix(relationship, "to_many") {
			return true
		}
	}
	return false
}

func (r *renderer) measure(alias string, f field, text string) (string, error) {
	v := r.Views[r.views[alias]]
	key := ""
	for name, d := range v.Dimensions {
		if d.Key {
			var err error
			if key, _, err = r.field(alias + "." + name); err != nil {
				return "", err
			}
		}
	}
	only := ""
	for _, name := range slices.Sorted(maps.Keys(f.Filters)) {
		if name == "$type" {
			continue
		}
		full := name
		if !strings.Contains(name, ".") {
			full = alias + "." + name
		}
		condition, err := r.condition(full, f.Filters[name])
		if err != nil {
			return "", err
		}
		only += " AND " + condition
	}
	filter := func(condition string) string { return " FILTER (WHERE " + condition + only + ")" }
	repeated := r.repeated(alias)
	if repeated && key == "" {
		return "", fmt.Errorf("view %s: a join repeats its rows, and it has no primary key to count them by", alias)
	}
	// A number for each key, in steps that no value reaches, makes SUM(DISTINCT) one a row.
	hash := fmt.Sprintf("('x' || substr(md5(%s), 1, 16))::bit(64)::bigint::numeric * 1e30", key)
	switch f.Type {
	case "count":
		if !repeated && alias == r.base {
			return "count(*)" + filter("true"), nil
		}
		return fmt.Sprintf("count(DISTINCT %s)", key) + filter(key+" IS NOT NULL"), nil
	case "count_distinct":
		return fmt.Sprintf("count(DISTINCT %s)", text) + filter("true"), nil
	case "sum":
		if !repeated {
			return fmt.Sprintf("sum(%s)", text) + filter("true"), nil
		}
		known := filter("(" + text + ") IS NOT NULL AND " + key + " IS NOT NULL")
		return fmt.Sprintf("((sum(DISTINCT round((%s)::numeric, 9) + %s)%s - sum(DISTINCT %s)%s))", text, hash, known, hash, known), nil
	case "average", "max":
		return fmt.Sprintf("%s(%s)", map[string]string{"average": "avg", "max": "max"}[f.Type], text) + filter("true"), nil
	case "median":
		return fmt.Sprintf("percentile_cont(0.5) WITHIN GROUP (ORDER BY %s)", text) + filter("true"), nil
	case "number":
		return text, nil
	}
	return "", fmt.Errorf("measure %s.%s: type %q is not known here", alias, f.Name, f.Type)
}

// now is when the dashboard is opened: as old as the world is.
const now = "(SELECT max(newest_event) FROM sessions.freshness)"

var lastMonths = regexp.MustCompile(`^(\d+) months$`)

// condition is a filter expression as SQL, of the kinds our LookML has.
func (r *renderer) condition(name, expression string) (string, error) {
	f, _, frame, err := r.find(name)
	if err != nil {
		return "", err
	}
	text, isMeasure, err := r.field(name)
	if err != nil {
		return "", err
	}
	months := lastMonths.FindStringSubmatch(expression)
	switch {
	case isMeasure:
		return "", fmt.Errorf("filter %s: a measure", name)
	case expression == "":
		return "true", nil
	case expression == "-NULL":
		return text + " IS NOT NULL", nil
	case frame != "" && months != nil:
		return fmt.Sprintf("%s >= date_trunc('month', %s) - interval '%s months' + interval '1 month'", text, now, months[1]), nil
	case frame != "":
	case f.Type == "yesno" && (expression == "yes" || expression == "no"):
		return fmt.Sprintf("(%s) IS %s", text, map[string]string{"yes": "TRUE", "no": "NOT TRUE"}[expression]), nil
	case f.Type == "number" && strings.Trim(expression, "<>0123456789") == "":
		if strings.Trim(expression, "0123456789") == "" {
			expression = "= " + expression
		}
		return fmt.Sprintf("(%s) %s", text, expression), nil
	case f.Type == "string":
		var values []string
		for _, v := range strings.Split(expression, ",") {
			values = append(values, "'"+strings.ReplaceAll(strings.TrimSpace(v), "'", "''")+"'")
		}
		return fmt.Sprintf("%s IN (%s)", text, strings.Join(values, ", ")), nil
	}
	return "", fmt.Errorf("filter %s: %q is no filter of a %s that is known here", name, expression, f.Type)
}
