package stages

import (
	"context"
	"fmt"
	"math"
	"slices"

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
		s := identityStep{in: &in, tx: tx, full: full, result: &r, texts: newTextCache()}
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
	texts  *textCache

	moved int64 // identifiers whose person changed
	split int64 // persons with a user_id they belonged to before
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
	if err := s.resolve(ctx); err != nil {
		return err
	}
	if err := s.write(ctx); err != nil {
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

// edgeBatch is how many edges are resolved at once.
var edgeBatch = 50_000

// resolve reads the graph, asks the pure core, and writes down who everybody is now.
//
// Under policy first an anonymous_id depends on its own edges and on the users that
// alias calls join, and on nothing else: it is resolved in batches, so that memory
// holds the joined users and one batch, however many identifiers there are. Under
// policy merge everything may hang together, and the graph is one batch.
func (s *identityStep) resolve(ctx context.Context) error {
	if _, err := s.exec(ctx, none, "070_create_resolved_users.sql", "071_create_resolved_anonymous.sql"); err != nil {
		return err
	}
	merge := s.in.Settings.Identity.Policy == alias.Components
	useAlias := pg.Args{"use_alias_calls": s.in.Settings.UseAlias}
	var g alias.Graph
	known := map[string]bool{} // users with their sight in g
	err := s.read(ctx, "061_read_joins.sql", pg.Data{}, useAlias, 2, func(v [][]byte, o event.Order) {
		g.Joins = append(g.Joins, alias.Join{PreviousID: string(v[0]), UserID: string(v[1]), Order: o})
	})
	if err != nil {
		return err
	}
	whose := pg.Args{"users": joined(g.Joins)}
	if merge {
		whose = none
	}
	err = s.read(ctx, "062_read_sights.sql", pg.Data{Flag: merge}, whose, 1, func(v [][]byte, o event.Order) {
		g.Sights = append(g.Sights, alias.Sight{UserID: string(v[0]), Order: o})
		known[string(v[0])] = true
	})
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, useAlias, "060_open_edges.sql"); err != nil {
		return err
	}
	batch := edgeBatch
	if merge {
		batch = math.MaxInt
	}
	for more := true; more; {
		if more, err = s.readEdges(ctx, &g, batch); err != nil {
			return err
		}
		rest := cutBatch(&g, more)
		own := g.Sights
		for _, e := range g.Edges {
			if !known[e.UserID] { // joined with nobody, and so its own root whenever it was first seen
				own = append(own, alias.Sight{UserID: e.UserID})
			}
		}
		users, anonymous := alias.Resolve(alias.Graph{Edges: g.Edges, Joins: g.Joins, Sights: own}, s.in.Settings.Identity)
		if more {
			users = nil // the last batch brings the joined ones
		}
		if err := s.writeResolved(ctx, users, anonymous, known); err != nil {
			return err
		}
		g.Edges = append(g.Edges[:0], rest...)
	}
	_, err = s.exec(ctx, none, "072_complete_users.sql")
	return err
}

// joined lists the users that alias calls join.
func joined(joins []alias.Join) []string {
	users := make([]string, 0, 2*len(joins))
	for _, j := range joins {
		users = append(users, j.PreviousID, j.UserID)
	}
	return users
}

// cutBatch takes the edges of the last anonymous_id, which may not all have been read,
// out of the graph, and returns them.
func cutBatch(g *alias.Graph, more bool) []alias.Edge {
	if !more {
		return nil
	}
	n := len(g.Edges)
	for n > 0 && g.Edges[n-1].AnonymousID == g.Edges[len(g.Edges)-1].AnonymousID {
		n--
	}
	rest := slices.Clone(g.Edges[n:])
	g.Edges = g.Edges[:n]
	return rest
}

// readEdges reads on until there are batch edges more and says whether there may be
// others.
func (s *identityStep) readEdges(ctx context.Context, g *alias.Graph, batch int) (more bool, err error) {
	for read := 0; read < batch; {
		n := 0
		err := s.read(ctx, "063_fetch_edges.sql", pg.Data{}, none, 2, func(v [][]byte, o event.Order) {
			n++
			g.Edges = append(g.Edges, alias.Edge{AnonymousID: string(v[0]), UserID: string(v[1]), Order: o})
		})
		if err != nil || n == 0 {
			return false, err
		}
		read += n
	}
	return true, nil
}

// read streams rows that end in an order key beginning at column at.
func (s *identityStep) read(ctx context.Context, file string, d pg.Data, args pg.Args, at int, add func([][]byte, event.Order)) error {
	if s.in.DB.Dry() {
		_, err := s.in.DB.Exec(ctx, s.tx, "03_alias/"+file, d, args)
		return err
	}
	rows, err := s.in.DB.Query(ctx, s.tx, "03_alias/"+file, d, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues()
		var o event.Order
		o.At, _ = rawTime(v[at])
		o.Kind = event.Kind(rawInt2(v[at+1]))
		o.ReceivedAt, _ = rawTime(v[at+2])
		o.Source, o.ID = s.texts.text(v[at+3]), string(v[at+4])
		add(v, o)
	}
	return rows.Err()
}

// writeResolved writes down the users whose sights were read, and the anonymous_ids.
func (s *identityStep) writeResolved(ctx context.Context, users []alias.User, anonymous []alias.Anonymous, known map[string]bool) error {
	temporary := func(name string) pg.Table { return pg.Table{Schema: "pg_temp", Name: name} }
	var rows pg.Rows
	for i := range users {
		if !known[users[i].UserID] {
			continue
		}
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
	_, err := s.in.DB.Copy(ctx, s.tx, temporary("resolved_anonymous"), columns, false, &rows)
	return err
}

// write stores what changed and puts the moved identifiers down for stage 4.
func (s *identityStep) write(ctx context.Context) error {
	if err := s.in.DB.Scan(ctx, s.tx, "03_alias/080_record_changes.sql", pg.Data{Flag: s.full}, pg.Args{"run": int64(s.in.Run)}, &s.moved, &s.split); err != nil {
		return err
	}
	n, err := s.exec(ctx, none, "081_delete_users.sql", "082_insert_users.sql", "083_delete_anonymous.sql", "084_insert_anonymous.sql")
	s.result.RowsChanged += n
	return err
}

func (s *identityStep) report(ctx context.Context) error {
	var shared, cut, largest, persons int64
	if err := s.in.DB.Scan(ctx, s.tx, "03_alias/100_report.sql", pg.Data{}, none, &shared, &cut, &largest, &persons); err != nil {
		return err
	}
	s.result.count("identifiers_moved", s.moved)
	s.result.count("persons_changed", s.split)
	s.result.count("persons_identified", persons)
	s.result.count("largest_identity", largest)
	s.result.count("anonymous_ids_shared", shared)
	s.result.count("anonymous_ids_cut", cut)
	s.result.Note = fmt.Sprintf("%d of %s changed; largest identity: %d; shared devices: %d", s.split, plural(persons, "person"), largest, shared)
	if cut > 0 {
		s.result.warn(fmt.Sprintf("%d anonymous_ids lost their edges: their component has more than %d identifiers (identity.max_component_size); see aliases.anonymous_ids where is_cut",
			cut, s.in.Settings.Identity.MaxComponentSize))
	}
	return nil
}
