package stages

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/pg"
)

// publishedTables are what analysts read, in the order they are published.
var publishedTables = []string{"all_sessions", "useful_sessions", "touches", "attribution", "persons", "conversions", "paths"}

// publishedKeys are their keys beside the person.
var publishedKeys = map[string][]pg.Identifier{
	"useful_sessions": {pg.MustIdent("kind")},
	"touches":         {pg.MustIdent("position")},
	"conversions":     {pg.MustIdent("conversion"), pg.MustIdent("number")},
	"paths":           {pg.MustIdent("conversion"), pg.MustIdent("number"), pg.MustIdent("position")},
}

// publish is the second half of stage 7: all tables, the worklists and the
// ledger change in one transaction, so that a reader sees all as before or all as
// after.
func (in *Input) publish(ctx context.Context, p *prepared, r *Result) error {
	patience := swapPatience
	for {
		err := in.DB.Tx(ctx, func(tx pgx.Tx) error { return in.publishOnce(ctx, tx, p, r) })
		var refused *pgconn.PgError
		if !p.full || !errors.As(err, &refused) || refused.Code != "55P03" {
			if err == nil && p.full {
				return in.dropOld(ctx)
			}
			return err
		}
		// A reader holds a table: nobody waited for us, we wait and try again.
		r.count("publish_retries", 1)
		wait := patience/2 + rand.N(patience)
		in.Log.InfoContext(ctx, "publish waits for readers", "again_in", wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(wait):
		}
		patience = min(2*patience, maxSwapPatience)
	}
}

func (in *Input) publishOnce(ctx context.Context, tx pgx.Tx, p *prepared, r *Result) error {
	d := pg.Data{Run: p.run, Full: p.full}
	exec := func(file string, args pg.Args) (int64, error) {
		return in.DB.Exec(ctx, tx, "07_attribute/"+file, d, args)
	}
	timeout := strconv.FormatInt(max(1, in.Settings.LockTimeout.Milliseconds()), 10)
	if _, err := exec("040_lock_timeout.sql", pg.Args{"lock_timeout": timeout}); err != nil {
		return err
	}
	gates, err := in.openGates(ctx, tx)
	if err != nil {
		return err
	}
	if p.full {
		err = in.replaceAll(ctx, tx, p, gates, r)
	} else {
		err = in.replaceDirty(ctx, tx, p, d, gates, r)
	}
	if err != nil {
		return err
	}
	if _, err := exec("080_clear_persons.sql", none); err != nil {
		return err
	}
	if _, err := exec("081_clear_stage.sql", pg.Args{"mark": p.mark}); err != nil {
		return err
	}
	if _, err := exec("082_clear_prepared.sql", none); err != nil {
		return err
	}
	if _, err := in.checkBalance(ctx, tx); err != nil {
		return err
	}
	counts := make([]int64, len(gates))
	for i := range gates {
		counts[i] = gates[i].after
	}
	if _, err := exec("090_freshness.sql", pg.Args{"run": int64(in.Run), "tables": publishedTables, "row_counts": counts}); err != nil {
		return err
	}
	if _, err := in.dropAside(ctx, tx, false); err != nil {
		return err
	}
	if in.DB.Dry() {
		return nil
	}
	return in.Publish(ctx, tx, *r)
}

// replaceAll swaps in what a full run built aside, if it passes the gates.
func (in *Input) replaceAll(ctx context.Context, tx pgx.Tx, p *prepared, gates []gate, r *Result) error {
	// All is looked at before the locks are taken.
	if err := in.measureSwap(ctx, tx, p, gates); err != nil {
		return err
	}
	if err := in.pass(ctx, tx, gates, func(name string) pg.Table { return in.asideOf(p, name) }); err != nil {
		return err
	}
	r.RowsChanged = r.Counters["signed_up_persons"]
	if err := in.recountTransitions(ctx, tx, p, r); err != nil {
		return err
	}
	if err := in.money(ctx, tx, in.asideOf(p, "paths"), in.asideOf(p, "conversions"), r); err != nil {
		return err
	}
	return in.swap(ctx, tx, p)
}

// replaceDirty deletes the rows of the run's persons that differ from what was built
// aside and inserts those, and looks whether that passes the gates.
func (in *Input) replaceDirty(ctx context.Context, tx pgx.Tx, p *prepared, d pg.Data, gates []gate, r *Result) error {
	if _, err := in.DB.Exec(ctx, tx, "07_attribute/041_prefer_indexes.sql", d, none); err != nil {
		return err
	}
	if err := in.recountTransitions(ctx, tx, p, r); err != nil {
		return err
	}
	r.RowsChanged = 0
	var events int64
	for i, name := range publishedTables {
		files := [2]string{"051_delete_differing.sql", "061_insert_differing.sql"}
		if i == 0 {
			files = [2]string{"050_delete_all_sessions.sql", "060_insert_all_sessions.sql"}
		}
		d.Table, d.Other, d.Extra = in.publishedTable(name).Ident(), in.asideOf(p, name).Ident(), publishedKeys[name]
		for k, file := range files {
			var n, of int64
			var err error
			if i == 0 {
				err = in.DB.Scan(ctx, tx, "07_attribute/"+file, d, none, &n, &of)
			} else {
				n, err = in.DB.Exec(ctx, tx, "07_attribute/"+file, d, none)
			}
			if err != nil {
				return err
			}
			sign := int64(2*k - 1)
			r.RowsChanged += n
			events += sign * of
			gates[i].after += sign * n
		}
	}
	if _, err := in.DB.Exec(ctx, tx, "07_attribute/065_total.sql", d, pg.Args{"events": events}); err != nil {
		return err
	}
	if err := in.pass(ctx, tx, gates, in.publishedTable); err != nil {
		return err
	}
	return in.money(ctx, tx, in.publishedTable("paths"), in.publishedTable("conversions"), r)
}

// publishedTable is a table analysts read.
func (in *Input) publishedTable(name string) pg.Table {
	return pg.Table{Schema: in.DB.Names.Sessions, Name: name}
}

// swap puts what was built aside in the place of what is published. It takes every
// lock at once or fails with 55P03.
func (in *Input) swap(ctx context.Context, tx pgx.Tx, p *prepared) error {
	names := in.DB.Names
	published := in.publishedTable
	var locks []pg.Identifier
	old := map[string][]pg.Table{}
	for _, name := range publishedTables {
		parent := published(name)
		locks = append(locks, parent.Ident())
		partitions, err := pg.Collect(ctx, in.DB, tx, "00_shared/010_list_partitions.sql", pg.Data{},
			pg.Args{"schema": parent.Schema, "parent": parent.Name}, pgx.RowTo[string])
		if err != nil {
			return err
		}
		schema := names.Sessions
		if name == "all_sessions" {
			schema = names.Stages
		}
		for _, partition := range partitions {
			t := pg.Table{Schema: schema, Name: partition}
			old[name] = append(old[name], t)
			locks = append(locks, t.Ident())
		}
	}
	exec := func(file string, d pg.Data) error {
		_, err := in.DB.Exec(ctx, tx, file, d, none)
		return err
	}
	// The events are counted before the locks are taken.
	if _, err := in.DB.Exec(ctx, tx, "07_attribute/065_total.sql", pg.Data{Run: p.run, Full: true}, pg.Args{"events": int64(0)}); err != nil {
		return err
	}
	if err := exec("07_attribute/070_lock.sql", pg.Data{Tables: locks}); err != nil {
		return err
	}
	for _, name := range publishedTables {
		for _, t := range old[name] {
			if err := exec("07_attribute/071_detach.sql", pg.Data{Table: t.Ident(), Other: published(name).Ident()}); err != nil {
				return err
			}
			if err := exec("07_attribute/072_rename.sql", pg.Data{Table: t.Ident(), Other: pg.MustIdent(pg.OldName(t.Name, p.run))}); err != nil {
				return err
			}
		}
	}
	for _, name := range publishedTables[1:] {
		aside := published(pg.AsideName(name, p.run))
		if err := exec("07_attribute/072_rename.sql", pg.Data{Table: aside.Ident(), Other: pg.MustIdent(name + "_all")}); err != nil {
			return err
		}
		d := pg.Data{Table: published(name + "_all").Ident(), Other: published(name).Ident()}
		for _, file := range []string{"07_attribute/073_attach_all.sql", "00_shared/035_comment_partition.sql"} {
			if err := exec(file, d); err != nil {
				return err
			}
		}
	}
	return in.swapSessions(ctx, tx, p)
}

func (in *Input) swapSessions(ctx context.Context, tx pgx.Tx, p *prepared) error {
	staged, err := in.stagedMonths(ctx, tx, p)
	if err != nil {
		return err
	}
	parent := pg.Table{Schema: in.DB.Names.Stages, Name: pg.AsideName("re_merged", p.run)}
	for _, s := range in.swapMonths(staged) {
		for _, step := range []struct {
			file string
			d    pg.Data
		}{
			{"07_attribute/071_detach.sql", pg.Data{Table: s.aside.Ident(), Other: parent.Ident()}},
			{"07_attribute/072_rename.sql", pg.Data{Table: s.aside.Ident(), Other: pg.MustIdent(s.final.Name)}},
			{"06_signup/061_attach_month.sql", pg.Data{Month: s.month, Flag: s.before}},
			{"07_attribute/074_unbound_month.sql", pg.Data{Table: s.final.Ident()}},
			{"00_shared/035_comment_partition.sql", pg.Data{Table: s.final.Ident()}},
		} {
			if _, err := in.DB.Exec(ctx, tx, step.file, step.d, none); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropOld drops what a swap replaced, each table for itself: a reader that still
// holds one only delays its end to stage 8 or the next run.
func (in *Input) dropOld(ctx context.Context) error {
	tables, err := in.asideTables(ctx, in.DB.Pool, true)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := in.DB.Exec(ctx, in.DB.Pool, "05_resessionize/030_drop.sql", pg.Data{Table: t.Ident()}, none); err != nil {
			in.Log.WarnContext(ctx, "left for the next run", "table", t.Name, "error", err)
		}
	}
	return nil
}
