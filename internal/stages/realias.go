package stages

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// manyPersons is from how many on their visits are counted by a sample.
const manyPersons = 100_000

func runRealias(ctx context.Context, in Input) (Result, error) {
	var r Result
	var persons, visits, months int64
	var everything bool
	err := in.DB.Tx(ctx, func(tx pgx.Tx) error {
		err := in.markLateValues(ctx, tx)
		if err != nil {
			return err
		}
		if r.RowsIn, err = in.waitingIdentifiers(ctx, tx); err != nil {
			return err
		}
		if err := in.createViews(ctx, tx); err != nil {
			return err
		}
		if in.Full {
			if _, err := in.DB.Exec(ctx, tx, "00_shared/040_mark_stage.sql", pg.Data{}, pg.Args{"stage": "resessionize", "reason": "realias --full"}); err != nil {
				return err
			}
		}
		for _, file := range []string{"010_mark_persons.sql", "020_clear.sql", "025_analyze.sql", "030_months_with_visits.sql"} {
			n, err := in.DB.Exec(ctx, tx, "04_realias/"+file, pg.Data{Full: r.RowsChanged > manyPersons}, none)
			if err != nil {
				return err
			}
			if file == "010_mark_persons.sql" {
				r.RowsChanged = n
			}
		}
		rows, err := in.DB.Query(ctx, tx, "04_realias/070_count.sql", pg.Data{}, none)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, []any{&persons, &visits, &months, &everything}, func() error { return nil })
		return err
	})
	r.count("persons_dirty", persons)
	r.count("visits_dirty", visits)
	r.count("months_dirty", months)
	switch {
	case everything:
		r.Note = "every person is to be merged anew"
	case persons == 0:
		r.Note = "nothing waits"
	default:
		about := ""
		if r.RowsChanged > manyPersons {
			about = "about "
		}
		r.Note = fmt.Sprintf("%s with %s%s in %s", plural(persons, "person"), about, plural(visits, "visit"), plural(months, "month"))
	}
	return r, err
}

func (in *Input) waitingIdentifiers(ctx context.Context, q pg.Querier) (n int64, err error) {
	rows, err := in.DB.Query(ctx, q, "04_realias/005_waiting.sql", pg.Data{}, none)
	if err != nil {
		return 0, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
}

// createViews makes the _aliased view of every month that has none.
func (in *Input) createViews(ctx context.Context, tx pgx.Tx) error {
	have := map[string]bool{}
	names, err := pg.Collect(ctx, in.DB, tx, "04_realias/040_list_views.sql", pg.Data{}, pg.Args{"schema": in.DB.Names.Stages}, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, n := range names {
		have[n] = true
	}
	months, err := in.months(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range months {
		if have["all_tracks_"+m.Suffix()+"_aliased"] {
			continue
		}
		if err := in.createView(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

func (in *Input) createView(ctx context.Context, tx pgx.Tx, m month.Month) error {
	for _, file := range []string{"050_create_view.sql", "060_comment_view.sql"} {
		if _, err := in.DB.Exec(ctx, tx, "04_realias/"+file, pg.Data{Month: m}, none); err != nil {
			return err
		}
	}
	for _, column := range []string{"alias_id", "is_identified", "received_month", "anonymous_id", "user_id", "started_at", "ended_at", "event_count", "page_count", "bot_count"} {
		d := pg.Data{Month: m, Extra: []pg.Identifier{pg.MustIdent(column)}}
		if _, err := in.DB.Exec(ctx, tx, "04_realias/061_comment_view_column.sql", d, none); err != nil {
			return err
		}
	}
	return nil
}
