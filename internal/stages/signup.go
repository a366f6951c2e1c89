package stages

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

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
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		d := pg.Data{Run: p.run, Full: p.full}
		for _, s := range []struct {
			file    string
			args    pg.Args
			counter string
		}{
			{"005_drop_again.sql", none, ""},
			{"010_create_signups.sql", none, ""},
			{"020_find_signups.sql", none, "signups"},
			{"030_unflag_sessions.sql", none, ""},
			{"031_flag_sessions.sql", pg.Args{"gap": interval(in.Settings.Gap)}, "signup_sessions"},
			{"040_unflag_touches.sql", none, ""},
			{"041_flag_touches.sql", none, ""},
			{"050_create_useful.sql", none, ""},
			{"051_fill_useful.sql", none, "useful_sessions"},
		} {
			n, err := in.DB.Exec(ctx, tx, "06_signup/"+s.file, d, s.args)
			if err != nil {
				return err
			}
			r.RowsChanged += n
			if s.counter != "" {
				r.count(s.counter, n)
			}
		}
		if err := in.prepareMonths(ctx, tx, p); err != nil {
			return err
		}
		_, err := in.DB.Exec(ctx, tx, "05_resessionize/070_prepared.sql", pg.Data{},
			pg.Args{"run": int64(p.run), "is_full": p.full, "stage": "signup", "mark": p.mark})
		return err
	})
	r.RowsIn = r.Counters["signups"]
	return r, err
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

// prepareMonths makes the published sessions' months for a nightly merge, or states
// the bounds of those to be swapped in.
func (in *Input) prepareMonths(ctx context.Context, tx pgx.Tx, p *prepared) error {
	if p.full {
		staged, err := in.stagedMonths(ctx, tx, p)
		if err != nil {
			return err
		}
		for _, t := range in.swapMonths(staged) {
			if _, err := in.DB.Exec(ctx, tx, "06_signup/070_bound_month.sql", t.data(), none); err != nil {
				return err
			}
		}
		return nil
	}
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

func (s swapMonth) data() pg.Data {
	return pg.Data{Table: s.aside.Ident(), Month: s.month, Flag: s.before}
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
