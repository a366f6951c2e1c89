package stages

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
)

// recountTransitions brings the transitions between channels up to what is about to be
// published, and solves the Markov model anew. A night takes away what its persons'
// published paths count and adds what those built aside do, before they are merged.
func (in *Input) recountTransitions(ctx context.Context, tx pgx.Tx, p *prepared, r *Result) error {
	aside := func(name string) pg.Identifier { return in.asideOf(p, name).Ident() }
	published := func(name string) pg.Identifier { return in.publishedTable(name).Ident() }
	if p.full {
		if _, err := in.DB.Exec(ctx, tx, "07_attribute/201_clear_transitions.sql", pg.Data{Full: true}, none); err != nil {
			return err
		}
	} else if err := in.takeTransitions(ctx, tx, published, pg.MustIdent(in.DB.Names.Stages, pg.AsideName("persons", p.run)), "alias_id", "is_identified"); err != nil {
		return err
	}
	if err := in.countTransitions(ctx, tx, aside, pg.Data{Full: true}); err != nil {
		return err
	}
	return in.weigh(ctx, tx, r)
}

// takeTransitions takes away what the published paths of persons count.
func (in *Input) takeTransitions(ctx context.Context, tx pgx.Tx, published func(string) pg.Identifier, persons pg.Identifier, key ...string) error {
	d := pg.Data{Flag: true, Other: persons}
	for _, k := range key {
		d.Extra = append(d.Extra, pg.MustIdent(k))
	}
	return in.countTransitions(ctx, tx, published, d)
}

func (in *Input) countTransitions(ctx context.Context, tx pgx.Tx, table func(string) pg.Identifier, d pg.Data) error {
	d.Tables = []pg.Identifier{table("touches"), table("paths"), table("conversions")}
	_, err := in.DB.Exec(ctx, tx, "07_attribute/200_count_transitions.sql", d, in.Settings.TransitionArgs())
	return err
}

// TransitionArgs are what says how transitions are counted, as bound values.
func (s *Settings) TransitionArgs() pg.Args {
	return pg.Args{"conversions": s.conversionNames(), "nulls": s.Markov.Nulls, "order": s.Markov.Order}
}

// weigh makes the removal effects anew.
func (in *Input) weigh(ctx context.Context, tx pgx.Tx, r *Result) error {
	if _, err := in.DB.Exec(ctx, tx, "07_attribute/201_clear_transitions.sql", pg.Data{}, none); err != nil {
		return err
	}
	rows, err := in.DB.Query(ctx, tx, "07_attribute/202_read_transitions.sql", pg.Data{}, none)
	if err != nil {
		return err
	}
	transitions := map[string][]model.Transition{}
	var conversion string
	var t model.Transition
	_, err = pgx.ForEachRow(rows, []any{&conversion, &t.State, &t.Next, &t.Count}, func() error {
		transitions[conversion] = append(transitions[conversion], t)
		t.State = nil
		return nil
	})
	if err != nil {
		return err
	}
	var conversions, channels []string
	var weights []float64
	kept := []string{} // as they were: a model that cannot be solved stops no publication
	for _, conversion := range slices.Sorted(maps.Keys(transitions)) {
		effects, err := model.RemovalEffects(transitions[conversion])
		if err != nil {
			r.warn(fmt.Sprintf("the Markov model of conversion %s is still the one before: %v", conversion, err))
			kept = append(kept, conversion)
			continue
		}
		for _, channel := range slices.Sorted(maps.Keys(effects)) {
			conversions, channels, weights = append(conversions, conversion), append(channels, channel), append(weights, effects[channel])
		}
	}
	if _, err := in.DB.Exec(ctx, tx, "07_attribute/203_clear_weights.sql", pg.Data{}, pg.Args{"kept": kept}); err != nil {
		return err
	}
	_, err = in.DB.Exec(ctx, tx, "07_attribute/204_insert_weights.sql", pg.Data{}, pg.Args{"conversions": conversions, "channels": channels, "weights": weights})
	return err
}
