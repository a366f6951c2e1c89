package stages

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/alias"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
)

func runAlias(ctx context.Context, in Input) (Result, error) {
	var r Result
	var waiting int64
	full := in.Full
	rows, err := in.DB.Query(ctx, in.DB.Pool, "03_alias/010_waiting.sql", pg.Data{}, none)
	if err != nil {
		return r, err
	}
	var marked bool
	if _, err := pgx.ForEachRow(rows, []any{&waiting, &marked}, func() error { return nil }); err != nil {
		return r, err
	}
	full = full || marked
	if waiting == 0 && !full && !in.DB.Dry() {
		r.Note = "nothing waits"
		return r, nil
	}
	err = in.DB.Tx(ctx, func(tx pgx.Tx) error {
		s := identityStep{in: &in, tx: tx, full: full, result: &r}
		return s.run(ctx)
	})
	return r, err
}

// An identityStep is one transaction of stage 3.
type identityStep struct {
	in     *Input
	tx     pgx.Tx
	full   bool
	result *Result
}

func (s *identityStep) exec(ctx context.Context, args pg.Args, files ...string) (int64, error) {
	total := int64(0)
	for _, file := range files {
		n, err := s.in.DB.Exec(ctx, s.tx, "03_alias/"+file, pg.Data{Flag: s.full}, args)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

func (s *identityStep) run(ctx context.Context) error {
	if err := s.updateEdges(ctx); err != nil {
		return err
	}
	if err := s.growGraph(ctx); err != nil {
		return err
	}
	users, anonymous, err := s.resolve(ctx)
	if err != nil {
		return err
	}
	if err := s.write(ctx, users, anonymous); err != nil {
		return err
	}
	if _, err := s.exec(ctx, none, "090_clear.sql"); err != nil {
		return err
	}
	if _, err := s.in.DB.Exec(ctx, s.tx, "00_shared/060_clear_stage.sql", pg.Data{}, pg.Args{"stage": "alias"}); err != nil {
		return err
	}
	return s.report(ctx)
}

// updateEdges brings edges and first sights up to date and notes which changed.
func (s *identityStep) updateEdges(ctx context.Context) error {
	pairs := "020_create_pairs.sql"
	if s.full {
		pairs = "025_create_all_pairs.sql"
	}
	n, err := s.exec(ctx, none, pairs)
	if err != nil {
		return err
	}
	s.result.RowsIn = n
	if _, err := s.in.DB.Exec(ctx, s.tx, "03_alias/026_analyze.sql", pg.Data{Table: pg.MustIdent("pairs")}, none); err != nil {
		return err
	}
	if _, err := s.exec(ctx, none, "021_create_fresh_edges.sql", "022_create_fresh_sights.sql", "030_create_changed.sql"); err != nil {
		return err
	}
	n, err = s.exec(ctx, none, "031_delete_edges.sql", "032_insert_edges.sql", "033_delete_sights.sql", "034_insert_sights.sql")
	s.result.RowsChanged += n
	return err
}

// growGraph makes the part of the graph that has to be resolved again: from the
// changed identifiers to everything their persons depend on, or that depends on
// them.
func (s *identityStep) growGraph(ctx context.Context) error {
	if _, err := s.exec(ctx, none, "040_create_graph_users.sql", "041_create_graph_anonymous.sql", "042_seed_users.sql", "043_seed_anonymous.sql"); err != nil {
		return err
	}
	if s.full {
		return nil
	}
	// A user's person depends on the users it is joined to, an anonymous_id's on the
	// persons of its users. Under policy merge both depend on all they reach.
	const joins, anonymous, users = "050_grow_by_joins.sql", "051_grow_anonymous.sql", "052_grow_users.sql"
	if s.in.Settings.Identity.Policy == alias.Components {
		return s.grow(ctx, joins, anonymous, users)
	}
	if err := s.grow(ctx, joins); err != nil {
		return err
	}
	if _, err := s.exec(ctx, none, anonymous, users); err != nil {
		return err
	}
	return s.grow(ctx, joins)
}

// grow repeats statements until none adds anything.
func (s *identityStep) grow(ctx context.Context, files ...string) error {
	for {
		if n, err := s.exec(ctx, none, files...); err != nil || n == 0 {
			return err
		}
	}
}

// resolve reads the graph and asks the pure core.
func (s *identityStep) resolve(ctx context.Context) ([]alias.User, []alias.Anonymous, error) {
	var g alias.Graph
	if s.in.DB.Dry() {
		for _, file := range []string{"060_read_edges.sql", "061_read_joins.sql"} {
			if _, err := s.exec(ctx, pg.Args{"use_alias_calls": s.in.Settings.UseAlias}, file); err != nil {
				return nil, nil, err
			}
		}
		_, err := s.exec(ctx, none, "062_read_sights.sql")
		return nil, nil, err
	}
	useAlias := pg.Args{"use_alias_calls": s.in.Settings.UseAlias}
	err := s.read(ctx, "060_read_edges.sql", useAlias, 2, func(v [][]byte, o event.Order) {
		g.Edges = append(g.Edges, alias.Edge{AnonymousID: string(v[0]), UserID: string(v[1]), Order: o})
	})
	if err != nil {
		return nil, nil, err
	}
	err = s.read(ctx, "061_read_joins.sql", useAlias, 2, func(v [][]byte, o event.Order) {
		g.Joins = append(g.Joins, alias.Join{PreviousID: string(v[0]), UserID: string(v[1]), Order: o})
	})
	if err != nil {
		return nil, nil, err
	}
	err = s.read(ctx, "062_read_sights.sql", none, 1, func(v [][]byte, o event.Order) {
		g.Sights = append(g.Sights, alias.Sight{UserID: string(v[0]), Order: o})
	})
	if err != nil {
		return nil, nil, err
	}
	users, anonymous := alias.Resolve(g, s.in.Settings.Identity)
	return users, anonymous, nil
}

// read streams rows that end in an order key beginning at column at.
func (s *identityStep) read(ctx context.Context, file string, args pg.Args, at int, add func([][]byte, event.Order)) error {
	rows, err := s.in.DB.Query(ctx, s.tx, "03_alias/"+file, pg.Data{}, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	texts := newTextCache()
	for rows.Next() {
		v := rows.RawValues()
		var o event.Order
		o.At, _ = rawTime(v[at])
		o.Kind = event.Kind(rawInt2(v[at+1]))
		o.ReceivedAt, _ = rawTime(v[at+2])
		o.Source, o.ID = texts.text(v[at+3]), string(v[at+4])
		add(v, o)
	}
	return rows.Err()
}

// write stores what changed and puts the moved identifiers down for stage 4.
func (s *identityStep) write(ctx context.Context, users []alias.User, anonymous []alias.Anonymous) error {
	if _, err := s.exec(ctx, none, "070_create_resolved_users.sql", "071_create_resolved_anonymous.sql"); err != nil {
		return err
	}
	temporary := func(name string) pg.Table { return pg.Table{Schema: "pg_temp", Name: name} }
	var rows pg.Rows
	for i := range users {
		rows.Row(2)
		rows.Text(users[i].UserID)
		rows.Text(users[i].AliasID)
	}
	if _, err := s.in.DB.Copy(ctx, s.tx, temporary("resolved_users"), []string{"user_id", "alias_id"}, false, &rows); err != nil {
		return err
	}
	for i := range anonymous {
		a := &anonymous[i]
		rows.Row(6)
		rows.Text(a.AnonymousID)
		rows.Text(a.AliasID)
		rows.Bool(a.IsIdentified)
		rows.Bool(a.IsShared)
		rows.Bool(a.IsCut)
		rows.Int4(int32(a.Persons))
	}
	columns := []string{"anonymous_id", "alias_id", "is_identified", "is_shared", "is_cut", "person_count"}
	if _, err := s.in.DB.Copy(ctx, s.tx, temporary("resolved_anonymous"), columns, false, &rows); err != nil {
		return err
	}
	moved, err := s.exec(ctx, pg.Args{"run": int64(s.in.Run)}, "080_record_changes.sql")
	if err != nil {
		return err
	}
	s.result.count("identifiers_moved", moved)
	n, err := s.exec(ctx, none, "081_delete_users.sql", "082_insert_users.sql", "083_delete_anonymous.sql", "084_insert_anonymous.sql")
	s.result.RowsChanged += n
	return err
}

func (s *identityStep) report(ctx context.Context) error {
	var shared, cut int64
	if err := s.in.DB.Scan(ctx, s.tx, "03_alias/100_report.sql", pg.Data{}, none, &shared, &cut); err != nil {
		return err
	}
	s.result.count("anonymous_ids_shared", shared)
	s.result.count("anonymous_ids_cut", cut)
	if cut > 0 {
		s.result.warn(fmt.Sprintf("%d anonymous_ids lost their edges: their component has more than %d identifiers (identity.max_component_size); see aliases.anonymous_ids where is_cut",
			cut, s.in.Settings.Identity.MaxComponentSize))
	}
	return nil
}
