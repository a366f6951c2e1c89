package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/segment"
	"github.com/attribution-dev/attribution/internal/stages"
)

func (e *examination) sources(ctx context.Context) (f finding, err error) {
	settings := e.Settings
	err = e.read(ctx, func(tx pgx.Tx) (err error) {
		if settings.Sources, err = pipeline.Sources(ctx, tx, e.Names, settings.Sources); err != nil {
			f = failed(oneLine(err), "name them in the setting sources, such as ATTRIBUTION_SOURCES=website,app")
			return nil
		}
		e.reports, err = stages.ExamineSources(ctx, e.db, tx, settings, false)
		return err
	})
	if err != nil || f.state != "" {
		return f, err
	}
	f.state = OK
	var good, wrong []string
	for _, source := range settings.Sources {
		if !slices.ContainsFunc(e.reports, func(r stages.SourceReport) bool { return r.Info.Schema == source }) {
			wrong = append(wrong, "source "+source+" has no tracks, pages, screens, identifies or aliases")
			f.remedies = append(f.remedies, "correct the setting sources, or see that Segment writes to schema "+source+" of this database")
		}
	}
	for _, r := range e.reports {
		if r.Refused == nil {
			good = append(good, name(r))
			continue
		}
		wrong = append(wrong, oneLine(r.Refused))
		f.remedies = append(f.remedies, restore(r)...)
	}
	if len(wrong) > 0 {
		f.state, f.found = Failed, some(wrong)
		return f, nil
	}
	f.found = strings.Join(good, ", ") + ": every required column is there"
	return f, nil
}

func name(r stages.SourceReport) string { return r.Info.Schema + "." + r.Info.Table }

// restore is what gives a refused table the columns it lacks, or their types back.
func restore(r stages.SourceReport) (remedies []string) {
	table := ident(r.Info.Schema, r.Info.Table)
	types := map[string]string{}
	for _, c := range segment.BaseColumns(r.Info.Table) {
		types[c.Name] = c.Type
	}
	for _, c := range []string{"id", "received_at"} {
		if _, has := r.Info.Columns[c]; !has {
			remedies = append(remedies, fmt.Sprintf("bring column %s of %s back: switch it on in Segment's Selective Sync, or put it into the view", c, table))
		}
	}
	for _, c := range []string{"received_at", "uuid_ts", "timestamp"} {
		typ, has := r.Info.Columns[c]
		if has && !strings.HasPrefix(typ, "timestamp") && typ != "date" {
			remedies = append(remedies, fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::text::%s", table, ident(c), types[c], ident(c), types[c]))
		}
	}
	if len(remedies) == 0 {
		remedies = append(remedies, "bring anonymous_id or user_id of "+table+" back: switch it on in Segment's Selective Sync, or put it into the view")
	}
	return remedies
}

// columns compares the columns of the sources with those at the last run. New ones are
// how Segment works.
func (e *examination) columns(ctx context.Context) (finding, error) {
	settings := e.Settings
	var reports []stages.SourceReport
	var known []pg.Table
	err := e.read(ctx, func(tx pgx.Tx) (err error) {
		if settings.Sources, err = pipeline.Sources(ctx, tx, e.Names, settings.Sources); err != nil {
			return err
		}
		if reports, err = stages.ExamineSources(ctx, e.db, tx, settings, true); err != nil {
			return err
		}
		known, err = stages.KnownTables(ctx, e.db, tx)
		return err
	})
	if err != nil {
		return finding{}, err
	}
	added := 0
	var changed []string
	for _, k := range known {
		if !slices.ContainsFunc(reports, func(r stages.SourceReport) bool { return r.Info.Schema == k.Schema && r.Info.Table == k.Name }) {
			changed = append(changed, "table "+k.Schema+"."+k.Name+", taken in before, is gone or no longer among sources")
		}
	}
	for _, r := range reports {
		for _, d := range r.Drifts {
			if d.Change == segment.Added {
				added++
			} else {
				changed = append(changed, d.String())
			}
		}
	}
	switch {
	case len(changed) > 0:
		return warning("since the last run: "+some(changed), "where that was not meant, undo it; where it was, the next run takes it as it is: "+run), nil
	case added > 0:
		return ok("%d new since the last run, none gone or of another type", added), nil
	}
	return ok("as at the last run"), nil
}

func (e *examination) misspelt(context.Context) (finding, error) {
	var what []string
	for _, r := range e.reports {
		for _, c := range slices.Sorted(maps.Keys(r.Misspelt)) {
			what = append(what, fmt.Sprintf("%q of %s looks like %s", c, name(r), r.Misspelt[c]))
		}
	}
	if len(what) == 0 {
		return ok("no column looks like a misspelt context_campaign_…"), nil
	}
	return warning(some(what)+"; what came by such links is not read as tags", "mend the links with the misspelt utm_ parameter; what has come by them stays as it is"), nil
}

// manyRows is from where on reading a table without an index costs minutes.
const manyRows = 1_000_000

// sourceIndexes looks for what every night reads a large table by: its load time.
func (e *examination) sourceIndexes(context.Context) (finding, error) {
	f := finding{state: Warning}
	var what []string
	large := 0
	for _, r := range e.reports {
		if r.Info.EstimatedRows < manyRows {
			continue
		}
		large++
		by := "received_at"
		if _, has := r.Info.Columns["uuid_ts"]; has {
			by = "uuid_ts"
		}
		if !r.Info.IndexedColumns[by] {
			what = append(what, name(r)+" ("+by+")")
			f.remedies = append(f.remedies, fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s)", ident(r.Info.Schema, r.Info.Table), ident(by)))
		}
	}
	switch {
	case len(what) > 0:
		f.found = "every night reads the whole of " + some(what)
		return f, nil
	case large == 0:
		return ok("not needed: no table is estimated to have a million rows"), nil
	}
	return ok("%d tables of a million rows or more, each with an index on its load time", large), nil
}
