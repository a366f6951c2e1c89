package stages

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg"
)

// maxShrink is the part of a published table that may go in one publication, and of a
// month's rows that may be gone from their source, before it looks as if something had been lost.
const maxShrink = 0.2

// Of few rows chance takes a fifth, or a day, when two persons turn out to be one: so
// many must go, or must have been there, before a gate looks.
const (
	leastLost  = 100 // rows
	leastOfDay = 20  // rows of the newest full day
)

// A gate looks at one published table before and after its change, in the
// transaction that makes it.
type gate struct {
	name   string
	at     string // its column of time
	known  bool   // it was published before
	before int64  // rows
	after  int64
	day    time.Time // the newest full day of what was published: zero where unknown
	had    bool      // enough rows of that day
}

// openGates looks at the published tables before anything changes.
func (in *Input) openGates(ctx context.Context, tx pgx.Tx) ([]gate, error) {
	gates := []gate{
		{name: "all_sessions", at: "started_at"},
		{name: "useful_sessions", at: "started_at"},
		{name: "touches", at: "touched_at"},
		{name: "attribution", at: "signup_timestamp"},
		{name: "persons", at: "first_seen_at"},
		{name: "conversions", at: "converted_at"},
		{name: "paths", at: "converted_at"},
	}
	if in.DB.Dry() {
		return gates, nil
	}
	type last struct {
		Name   string
		Rows   int64
		Newest *time.Time
	}
	published, err := pg.Collect(ctx, in.DB, tx, "07_attribute/031_published.sql", pg.Data{}, none, pgx.RowToStructByPos[last])
	if err != nil {
		return nil, err
	}
	for i := range gates {
		g := &gates[i]
		for _, p := range published {
			if p.Name != g.name {
				continue
			}
			g.known, g.before, g.after = true, p.Rows, p.Rows
			if p.Newest != nil && !in.AllowShrink {
				g.day = p.Newest.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
				n, err := in.ofDay(ctx, tx, pg.Table{Schema: in.DB.Names.Sessions, Name: g.name}, g)
				if err != nil {
					return nil, err
				}
				g.had = n >= leastOfDay
			}
		}
	}
	return gates, nil
}

// ofDay counts a table's rows of the gate's day, as far as leastOfDay.
func (in *Input) ofDay(ctx context.Context, tx pgx.Tx, t pg.Table, g *gate) (n int64, err error) {
	d := pg.Data{Table: t.Ident(), Extra: []pg.Identifier{pg.MustIdent(g.at)}}
	err = in.DB.Scan(ctx, tx, "07_attribute/032_has_day.sql", d, pg.Args{"day": g.day, "most": leastOfDay}, &n)
	return n, err
}

// measureSwap counts what is to take the tables' place.
func (in *Input) measureSwap(ctx context.Context, tx pgx.Tx, p *prepared, gates []gate) error {
	for i := range gates {
		g := &gates[i]
		t := in.asideOf(p, g.name)
		if err := in.DB.Scan(ctx, tx, "07_attribute/033_count_rows.sql", pg.Data{Table: t.Ident()}, none, &g.after); err != nil {
			return err
		}
	}
	return nil
}

// asideOf is what a full run built aside of a published table.
func (in *Input) asideOf(p *prepared, name string) pg.Table {
	if name == "all_sessions" {
		return pg.Table{Schema: in.DB.Names.Stages, Name: pg.AsideName("re_merged", p.run)}
	}
	return pg.Table{Schema: in.DB.Names.Sessions, Name: pg.AsideName(name, p.run)}
}

// pass fails when a table shrank by more than maxShrink or lost its newest full day:
// a defect at the source is likelier than the truth. Of a full run, aside names
// where the new rows are.
func (in *Input) pass(ctx context.Context, tx pgx.Tx, gates []gate, where func(name string) pg.Table) error {
	if in.AllowShrink || in.DB.Dry() {
		return nil
	}
	for i := range gates {
		g := &gates[i]
		if !g.known {
			continue
		}
		if lost := g.before - g.after; lost >= leastLost && float64(lost) > maxShrink*float64(g.before) {
			return refused("sessions.%s would shrink by %.0f %%, from %d rows to %d", g.name, 100*float64(lost)/float64(g.before), g.before, g.after)
		}
		if !g.had {
			continue
		}
		n, err := in.ofDay(ctx, tx, where(g.name), g)
		if err != nil {
			return err
		}
		if n == 0 {
			return refused("sessions.%s would lose %s, its newest full day", g.name, g.day.Format(time.DateOnly))
		}
	}
	return nil
}

// refused says what a gate found.
func refused(format string, args ...any) error {
	return Permanent(fmt.Errorf(format+"; nothing was published: look for what went missing at the source, or for a setting that leaves it out, or publish it all the same with \"attribution run --from-stage attribute --allow-shrink\"", args...))
}
