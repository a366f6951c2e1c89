package stages

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/segment"
)

// everyTime names the conversions of which each counts, not only a person's first.
func (s *Settings) everyTime() []string {
	names := []string{}
	for _, c := range s.Conversions {
		if c.Every {
			names = append(names, c.Name)
		}
	}
	return names
}

// conversionNames names all conversions.
func (s *Settings) conversionNames() (names []string) {
	for _, c := range s.AllConversions() {
		names = append(names, c.Name)
	}
	return names
}

// An eventTable is a source's table of one event, with what a conversion is worth.
type eventTable struct {
	source, table, conversion string
	items                     []pg.SourceItem
}

func (t *eventTable) data() pg.Data {
	return pg.Data{Source: pg.MustIdent(t.source, t.table), Columns: t.items}
}

func (in *Input) eventArgs(t *eventTable) pg.Args {
	return pg.Args{"source": t.source, "conversion": t.conversion, "as_of": in.AsOf}
}

// eventTables finds the tables of the events of conversions that have a value. A source
// need not have them all; where none has one, that is warned of.
func (in *Input) eventTables(ctx context.Context, q pg.Querier, r *Result) (found []eventTable, err error) {
	for _, c := range in.Settings.Conversions {
		if c.Value == "" {
			continue
		}
		var tables []string
		for _, e := range c.Events {
			if slug := segment.Slug(e); !slices.Contains(tables, slug) {
				tables = append(tables, slug)
			}
		}
		before, missed := len(found), []string{}
		for _, source := range in.Settings.Sources {
			for _, table := range tables {
				t := eventTable{source: source, table: table, conversion: c.Name}
				columns, err := in.columnsOf(ctx, q, source, table)
				if err != nil {
					return nil, err
				}
				if !slices.Contains(columns, "id") || !slices.Contains(columns, c.Value) {
					missed = append(missed, source+"."+table)
					continue
				}
				t.items = items(columns, map[string]string{"id": "id", "value": c.Value, "currency": c.Currency})
				found = append(found, t)
			}
		}
		if len(found) == before && len(missed) > 0 && !in.DB.Dry() {
			r.warn(fmt.Sprintf("conversion %s has no values: no table of its events with the columns id and %s can be read: looked at %s",
				c.Name, c.Value, strings.Join(missed, ", ")))
		}
	}
	return found, nil
}

// items is the select list of a table looked up at a source: its times, and text
// columns by the name they are read under; what the table does not have is NULL.
func items(columns []string, texts map[string]string) []pg.SourceItem {
	var all []pg.SourceItem
	add := func(name, column, typ string) {
		if slices.Contains(columns, column) {
			all = append(all, pg.Column(name, column, typ))
		} else {
			all = append(all, pg.Absent(name, typ))
		}
	}
	for _, c := range []string{"received_at", "uuid_ts"} {
		add(c, c, "timestamptz")
	}
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		add(name, texts[name], "text")
	}
	return all
}

// columnsOf lists the columns of a source's table that can be read; none where there is
// no such table.
func (in *Input) columnsOf(ctx context.Context, q pg.Querier, source, table string) ([]string, error) {
	return pg.Collect(ctx, in.DB, q, "06_signup/080_event_columns.sql", pg.Data{}, pg.Args{"source": source, "table": table}, pgx.RowTo[string])
}

// markLateValues marks the persons of conversions whose worth came after them.
func (in *Input) markLateValues(ctx context.Context, tx pgx.Tx) error {
	tables, err := in.eventTables(ctx, tx, &Result{})
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := in.DB.Exec(ctx, tx, "04_realias/006_mark_late_values.sql", t.data(), in.eventArgs(&t)); err != nil {
			return fmt.Errorf("%s.%s: %w", t.source, t.table, err)
		}
	}
	return nil
}

// conversions makes the table of conversions, with their worth.
func (s *signupStep) conversions(ctx context.Context, tx pgx.Tx) error {
	tables, err := s.in.eventTables(ctx, tx, s.result)
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		if err := s.exec(ctx, tx, "081_create_event_values.sql", pg.Data{}, none, ""); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := s.exec(ctx, tx, "082_find_event_values.sql", t.data(), s.in.eventArgs(&t), ""); err != nil {
			return fmt.Errorf("%s.%s: %w", t.source, t.table, err)
		}
	}
	if err := s.exec(ctx, tx, "085_create_conversions.sql", pg.Data{}, none, ""); err != nil {
		return err
	}
	return s.exec(ctx, tx, "086_fill_conversions.sql", pg.Data{Flag: len(tables) > 0}, none, "")
}

// persons makes the table of persons, with their traits.
func (s *signupStep) persons(ctx context.Context, tx pgx.Tx) error {
	traits := s.in.Settings.Traits
	if len(traits) > 0 {
		if err := s.traits(ctx, tx, traits); err != nil {
			return err
		}
	}
	if err := s.exec(ctx, tx, "095_create_persons.sql", pg.Data{}, none, ""); err != nil {
		return err
	}
	return s.exec(ctx, tx, "096_fill_persons.sql", pg.Data{Flag: len(traits) > 0}, none, "persons")
}

// traits gathers what identify calls say.
func (s *signupStep) traits(ctx context.Context, tx pgx.Tx, traits []string) error {
	if err := s.exec(ctx, tx, "090_create_traits.sql", pg.Data{}, none, ""); err != nil {
		return err
	}
	unseen := slices.Clone(traits)
	for _, source := range s.in.Settings.Sources {
		columns, err := s.in.columnsOf(ctx, tx, source, "identifies")
		if err != nil {
			return err
		}
		texts := map[string]string{"id": "id"}
		var extra []pg.Identifier
		for _, t := range traits {
			if slices.Contains(columns, t) {
				texts[t] = t
				extra = append(extra, pg.MustIdent(t))
				unseen = slices.DeleteFunc(unseen, func(u string) bool { return u == t })
			}
		}
		if len(extra) == 0 || !slices.Contains(columns, "id") {
			continue
		}
		d := pg.Data{Source: pg.MustIdent(source, "identifies"), Columns: items(columns, texts), Extra: extra}
		if err := s.exec(ctx, tx, "091_find_traits.sql", d, pg.Args{"source": source, "as_of": s.in.AsOf}, ""); err != nil {
			return fmt.Errorf("traits of %s.identifies: %w", source, err)
		}
	}
	if len(unseen) > 0 && !s.in.DB.Dry() {
		s.result.warn(fmt.Sprintf("person_traits: no source's identifies has a column %s that can be read", strings.Join(unseen, ", ")))
	}
	return nil
}
