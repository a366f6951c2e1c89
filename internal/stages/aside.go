package stages

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// prepared is what is built aside and waits to be published.
type prepared struct {
	run       pg.RunID
	full      bool // every person, to be swapped in; else the dirty ones, to be merged
	lastStage string
	mark      *int64 // the mark in dirty_stages it answers
}

// readPrepared returns nil when nothing is built aside.
func (in *Input) readPrepared(ctx context.Context, q pg.Querier) (*prepared, error) {
	all, err := pg.Collect(ctx, in.DB, q, "00_shared/070_read_prepared.sql", pg.Data{}, none,
		func(row pgx.CollectableRow) (p prepared, err error) {
			return p, row.Scan(&p.run, &p.full, &p.lastStage, &p.mark)
		})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// asideTables lists the tables built aside, and on demand those replaced, that are
// not published.
func (in *Input) asideTables(ctx context.Context, q pg.Querier, replaced bool) ([]pg.Table, error) {
	return pg.Collect(ctx, in.DB, q, "05_resessionize/020_list_aside.sql", pg.Data{Flag: replaced},
		pg.Args{"schemas": []string{in.DB.Names.Stages, in.DB.Names.Sessions}}, pgx.RowToStructByPos[pg.Table])
}

// dropAside drops every table of asideTables: leftovers of a killed
// run, or of one whose work is being redone. It returns how many there were.
func (in *Input) dropAside(ctx context.Context, tx pgx.Tx, replaced bool) (int, error) {
	tables, err := in.asideTables(ctx, tx, replaced)
	if err != nil {
		return 0, err
	}
	for _, t := range tables {
		if _, err := in.DB.Exec(ctx, tx, "05_resessionize/030_drop.sql", pg.Data{Table: t.Ident()}, none); err != nil {
			return 0, err
		}
	}
	return len(tables), nil
}

// sessionMonths lists the months the published sessions are partitioned by.
func (in *Input) sessionMonths(ctx context.Context, q pg.Querier) ([]month.Month, error) {
	return in.partitionMonths(ctx, q, pg.Table{Schema: in.DB.Names.Sessions, Name: "all_sessions"}, "all_tracks_", "_signup")
}

// wantedSessionMonths are the months of tracks and one more: an event's time may lie
// up to a day after its reception. Sessions that begin before the first are in the
// partition "before".
func (in *Input) wantedSessionMonths(ctx context.Context, q pg.Querier) ([]month.Month, error) {
	months, err := in.months(ctx, q)
	if err != nil || len(months) == 0 {
		return nil, err
	}
	return months[0].Through(months[len(months)-1].Next()), nil
}

// stagedMonths are the months of sessions built aside.
func (in *Input) stagedMonths(ctx context.Context, q pg.Querier, p *prepared) ([]month.Month, error) {
	return in.partitionMonths(ctx, q, pg.Table{Schema: in.DB.Names.Stages, Name: pg.AsideName("re_merged", p.run)}, "all_tracks_", "_re_merged")
}

// asideMonths are the months of sessions built aside, attached or not yet.
func (in *Input) asideMonths(ctx context.Context, q pg.Querier) ([]month.Month, error) {
	tables, err := in.asideTables(ctx, q, false)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	months := MonthsOf(names, "all_tracks_", "_re_merged")
	slices.Sort(months)
	return months, nil
}
