package stages

import (
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
)

// An estimate is what a plan says of a night before anything is taken in: the rows
// that are new, and the persons, visits and months they concern as identity stands
// now. Rows that join persons, or are copies under other ids, may change it a little.
type estimate struct {
	in      *Input
	rows    int64
	persons map[event.Person]bool
}

// add counts a window of a source's table.
func (e *estimate) add(ctx context.Context, t *sourceTable, w window) error {
	d := t.data()
	d.Window, d.Table = w.Window, e.in.takenTable(t).Ident()
	d.Columns = nil
	for _, item := range t.items {
		if item.IsIdentifier("anonymous_id") || item.IsIdentifier("user_id") {
			d.Columns = append(d.Columns, item)
		}
	}
	args := pg.Args{"source": t.source, "kind": int16(t.info.Kind), "from": w.from, "to": w.to, "spaces": event.Whitespace}
	if d.Forgets = e.in.forgets != nil; d.Forgets {
		maps.Copy(args, e.in.forgets.Args())
	}
	rows, err := e.in.DB.Query(ctx, e.in.DB.Pool, "01_extract/170_estimate.sql", d, args)
	if err != nil {
		return err
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	e.rows += n
	if w.reading != nil {
		return nil // all of it is new: everything is concerned
	}
	persons, err := pg.Collect(ctx, e.in.DB, e.in.DB.Pool, "01_extract/171_persons.sql", d, args, pgx.RowToStructByPos[event.Person])
	for _, p := range persons {
		e.persons[p] = true
	}
	return err
}

// note says what the night concerns.
func (e *estimate) note(ctx context.Context) (string, error) {
	if len(e.persons) == 0 {
		return plural(e.rows, "new row"), nil
	}
	var aliasIDs []string
	var areIdentified []bool
	for p := range e.persons {
		aliasIDs, areIdentified = append(aliasIDs, p.AliasID), append(areIdentified, p.IsIdentified)
	}
	rows, err := e.in.DB.Query(ctx, e.in.DB.Pool, "01_extract/172_concerned.sql", pg.Data{}, pg.Args{"alias_ids": aliasIDs, "are_identified": areIdentified})
	if err != nil {
		return "", err
	}
	var visits, months int64
	_, err = pgx.ForEachRow(rows, []any{&visits, &months}, func() error { return nil })
	return fmt.Sprintf("%s of %s, who have %s so far in %s", plural(e.rows, "new row"), plural(int64(len(e.persons)), "person"),
		plural(visits, "visit"), plural(months, "month")), err
}
