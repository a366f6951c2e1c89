package stages

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

func runSignup(ctx context.Context, in Input) (Result, error) {
	var r Result
	p, err := in.readPrepared(ctx, in.DB.Pool)
	if err != nil {
		return r, err
	}
	if p == nil && in.DB.Dry() {
		p = &prepared{run: in.Run}
	}
	if p == nil {
		return r, in.nothingPrepared(&r)
	}
	step := signupStep{in: &in, prepared: p, result: &r}
	if p.full {
		err = step.everyone(ctx)
	} else {
		err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
			sessions := pg.Table{Schema: in.DB.Names.Stages, Name: pg.AsideName("re_merged", p.run)}
			if err := step.flag(ctx, tx, []pg.Table{sessions}); err != nil {
				return err
			}
			if err := in.prepareMonths(ctx, tx); err != nil {
				return err
			}
			if err := step.finish(ctx, tx); err != nil {
				return err
			}
			if err := step.persons(ctx, tx); err != nil {
				return err
			}
			return step.done(ctx, tx, "signup")
		})
	}
	r.RowsIn = r.Counters["signups"]
	return r, err
}

// A signupStep is one run of stage 6 over what stage 5 built aside.
type signupStep struct {
	in       *Input
	prepared *prepared
	result   *Result
}

func (s *signupStep) exec(ctx context.Context, tx pgx.Tx, file string, d pg.Data, args pg.Args, counter string) error {
	d.Run, d.Full = s.prepared.run, s.prepared.full
	n, err := s.in.DB.Exec(ctx, tx, "06_signup/"+file, d, args)
	s.result.RowsChanged += n
	if counter != "" {
		s.result.count(counter, n)
	}
	return err
}

// flag finds the signups and flags the sessions, in the tables given, and touches.
func (s *signupStep) flag(ctx context.Context, tx pgx.Tx, sessions []pg.Table) error {
	for _, f := range []struct {
		file, counter string
		args          pg.Args
	}{
		{"005_drop_again.sql", "", none},
		{"008_create_rewards.sql", "", none},
		{"009_find_rewards.sql", "conversions", pg.Args{"every": s.in.Settings.everyTime()}},
		{"010_create_signups.sql", "", none},
		{"020_find_signups.sql", "signups", pg.Args{"signup": Signup}},
		{"025_analyze.sql", "", none},
	} {
		if err := s.exec(ctx, tx, f.file, pg.Data{}, f.args, f.counter); err != nil {
			return err
		}
	}
	for _, t := range sessions {
		if err := s.exec(ctx, tx, "030_unflag_sessions.sql", pg.Data{Table: t.Ident()}, none, ""); err != nil {
			return err
		}
		if err := s.exec(ctx, tx, "031_flag_sessions.sql", pg.Data{Table: t.Ident()}, pg.Args{"gap": interval(s.in.Settings.Gap)}, "signup_sessions"); err != nil {
			return err
		}
	}
	if err := s.exec(ctx, tx, "040_unflag_touches.sql", pg.Data{}, none, ""); err != nil {
		return err
	}
	return s.exec(ctx, tx, "041_flag_touches.sql", pg.Data{}, none, "")
}

// finish makes the useful sessions and the conversions.
func (s *signupStep) finish(ctx context.Context, tx pgx.Tx) error {
	if err := s.exec(ctx, tx, "050_create_useful.sql", pg.Data{}, none, ""); err != nil {
		return err
	}
	if err := s.exec(ctx, tx, "051_fill_useful.sql", pg.Data{}, none, "useful_sessions"); err != nil {
		return err
	}
	return s.conversions(ctx, tx)
}

// done says which stage was the last that completed on what is prepared.
func (s *signupStep) done(ctx context.Context, tx pgx.Tx, stage string) error {
	_, err := s.in.DB.Exec(ctx, tx, "05_resessionize/070_prepared.sql", pg.Data{},
		pg.Args{"run": int64(s.prepared.run), "is_full": s.prepared.full, "stage": stage, "mark": s.prepared.mark})
	return err
}

// everyone flags while nothing is indexed, builds all indexes once, and attaches the
// months to their parent.
func (s *signupStep) everyone(ctx context.Context) error {
	in, run := s.in, s.prepared.run
	months, err := in.asideMonths(ctx, in.DB.Pool)
	if err != nil {
		return err
	}
	swap := in.swapMonths(months)
	tables := make([]pg.Table, len(swap))
	for i := range swap {
		tables[i] = swap[i].aside
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		if err := s.flag(ctx, tx, tables); err != nil {
			return err
		}
		return s.done(ctx, tx, "resessionize") // what an earlier try of this stage made is gone
	})
	if err != nil {
		return err
	}
	parent := pg.Table{Schema: in.DB.Names.Stages, Name: pg.AsideName("re_merged", run)}
	attached, err := in.partitionNames(ctx, in.DB.Pool, parent)
	if err != nil {
		return err
	}
	swap = slices.DeleteFunc(swap, func(m swapMonth) bool { return slices.Contains(attached, m.aside.Name) })
	sessions := pg.Table{Schema: in.DB.Names.Sessions, Name: "all_sessions"}
	touches := pg.Table{Schema: in.DB.Names.Sessions, Name: "touches"}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(in.workers())
	group.Go(func() error {
		return in.index(groupCtx, pg.Table{Schema: touches.Schema, Name: pg.AsideName("touches", run)}, touches, "alias_id")
	})
	for _, m := range swap {
		group.Go(func() error { return in.index(groupCtx, m.aside, sessions, "started_at") })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		for _, m := range swap {
			if _, err := in.DB.Exec(ctx, tx, "05_resessionize/051_attach_month.sql", pg.Data{Run: run, Month: m.month, Flag: m.before}, none); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Persons are a row for everybody: they are gathered beside the rest.
	beside := signupStep{in: in, prepared: s.prepared, result: &Result{}}
	group, groupCtx = errgroup.WithContext(ctx)
	group.SetLimit(in.workers())
	group.Go(func() error {
		if err := in.DB.Tx(groupCtx, func(tx pgx.Tx) error { return beside.persons(groupCtx, tx) }); err != nil {
			return err
		}
		persons := pg.Table{Schema: in.DB.Names.Sessions, Name: "persons"}
		return in.index(groupCtx, pg.Table{Schema: persons.Schema, Name: pg.AsideName("persons", run)}, persons, "alias_id")
	})
	group.Go(func() error {
		return in.DB.Tx(groupCtx, func(tx pgx.Tx) error { return s.finish(groupCtx, tx) })
	})
	if err := group.Wait(); err != nil {
		return err
	}
	s.result.add(beside.result)
	return in.DB.Tx(ctx, func(tx pgx.Tx) error { return s.done(ctx, tx, "signup") })
}

// index builds every index the published table has, an analyst's own included, on a
// table that is to become its partition: attaching it to a parent of the same shape
// does just that. key is what the published table is partitioned by. Then it analyses
// the table.
func (in *Input) index(ctx context.Context, t, published pg.Table, key string) error {
	parent := pg.Table{Schema: t.Schema, Name: t.Name + "_indexer"}
	return in.DB.Tx(ctx, func(tx pgx.Tx) error {
		for _, s := range []struct {
			file string
			d    pg.Data
		}{
			{"06_signup/070_create_indexer.sql", pg.Data{Table: parent.Ident(), Other: published.Ident(), Extra: []pg.Identifier{pg.MustIdent(key)}}},
			{"07_attribute/073_attach_all.sql", pg.Data{Table: t.Ident(), Other: parent.Ident()}},
			{"07_attribute/071_detach.sql", pg.Data{Table: t.Ident(), Other: parent.Ident()}},
			{"05_resessionize/030_drop.sql", pg.Data{Table: parent.Ident()}},
			{"05_resessionize/075_sample_less.sql", pg.Data{}},
			{"05_resessionize/080_analyze.sql", pg.Data{Table: t.Ident()}},
		} {
			if _, err := in.DB.Exec(ctx, tx, s.file, s.d, none); err != nil {
				return fmt.Errorf("indexes of %s: %w", t.Ident(), err)
			}
		}
		return nil
	})
}

// nothingPrepared says why there is nothing to do for stages 6 and 7, or that --full
// cannot begin there.
func (in *Input) nothingPrepared(r *Result) error {
	if in.Full && in.First {
		return Permanent(fmt.Errorf("nothing is prepared to redo: this stage finishes what resessionize built aside: run \"attribution run --from-stage resessionize --full\""))
	}
	r.Note = "nothing waits"
	return nil
}

// prepareMonths makes the published sessions' months for a nightly merge.
func (in *Input) prepareMonths(ctx context.Context, tx pgx.Tx) error {
	wanted, err := in.wantedSessionMonths(ctx, tx)
	if err != nil {
		return err
	}
	have, err := in.sessionMonths(ctx, tx)
	if err != nil {
		return err
	}
	if len(have) > 0 && len(wanted) > 0 && wanted[0] < have[0] {
		return Permanent(fmt.Errorf("events of %s, before the first month so far, came after resessionize ran: run \"attribution run --from-stage resessionize\"", wanted[0]))
	}
	exists := map[month.Month]bool{}
	for _, m := range have {
		exists[m] = true
	}
	for _, m := range wanted {
		if exists[m] {
			continue
		}
		d := pg.Data{Month: m, Table: pg.Table{Schema: in.DB.Names.Stages, Name: "all_tracks_" + m.Suffix() + "_signup"}.Ident()}
		for _, file := range []string{"06_signup/060_create_month.sql", "06_signup/061_attach_month.sql", "00_shared/035_comment_partition.sql"} {
			if _, err := in.DB.Exec(ctx, tx, file, d, none); err != nil {
				return err
			}
		}
	}
	return nil
}

// A swapMonth is a partition of sessions: what is built aside, what it becomes.
type swapMonth struct {
	aside, final pg.Table
	month        month.Month
	before       bool // what began before month
}

func (in *Input) swapMonths(months []month.Month) []swapMonth {
	if len(months) == 0 {
		return nil
	}
	stages := in.DB.Names.Stages
	all := []swapMonth{{
		aside: pg.Table{Schema: stages, Name: "all_tracks_before_re_merged"},
		final: pg.Table{Schema: stages, Name: "all_tracks_before_signup"}, month: months[0], before: true,
	}}
	for _, m := range months {
		name := "all_tracks_" + m.Suffix()
		all = append(all, swapMonth{aside: pg.Table{Schema: stages, Name: name + "_re_merged"}, final: pg.Table{Schema: stages, Name: name + "_signup"}, month: m})
	}
	return all
}
