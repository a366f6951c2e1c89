package stages

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// A Forgotten says what forgetting a person removed. It names nobody.
type Forgotten struct {
	Users        int64     `json:"user_ids"`
	AnonymousIDs int64     `json:"anonymous_ids"`
	Tables       []Removed `json:"tables"` // all of them, in the order of the stages
}

// Removed is how many rows of a table were removed.
type Removed struct {
	Table string `json:"table"` // schema and name
	Rows  int64  `json:"rows"`
}

// Forget removes every trace of the person from all tables, in the caller's
// transaction, and keeps a keyed hash of each of its identifiers, so that stage 1 and
// the reference pass over what the sources still have of it. With unseen the person is
// the one identifier, whether anything was taken in of it or not; otherwise its
// identifiers are its users and the devices seen with nobody else.
//
// What it leaves undone waits on the worklists: whose devices it shared with others are
// now, and copies of its rows that may be another's.
func (in Input) Forget(ctx context.Context, tx pgx.Tx, person event.Person, unseen bool) (Forgotten, error) {
	f := forgetting{in: &in, tx: tx}
	err := f.name(ctx, person, unseen)
	for _, step := range []func(context.Context) error{f.remember, f.takenIn, f.visits, f.identity, f.waiting, f.published, f.aside} {
		if err == nil {
			err = step(ctx)
		}
	}
	return f.Forgotten, err
}

// forgetting is one use of Forget.
type forgetting struct {
	Forgotten
	in *Input
	tx pgx.Tx
}

func (f *forgetting) exec(ctx context.Context, file string, d pg.Data, args pg.Args) (int64, error) {
	return f.in.DB.Exec(ctx, f.tx, "11_forget/"+file, d, args)
}

// run sends statements whose counts nobody asks for.
func (f *forgetting) run(ctx context.Context, files ...string) error {
	for _, file := range files {
		if _, err := f.exec(ctx, file, pg.Data{}, none); err != nil {
			return err
		}
	}
	return nil
}

// removed adds to the rows removed of a table.
func (f *forgetting) removed(schema, table string, rows int64) {
	name := schema + "." + table
	for i := range f.Tables {
		if f.Tables[i].Table == name {
			f.Tables[i].Rows += rows
			return
		}
	}
	f.Tables = append(f.Tables, Removed{name, rows})
}

// delete sends a statement that deletes from a table.
func (f *forgetting) delete(ctx context.Context, schema, table, file string, args pg.Args) error {
	n, err := f.exec(ctx, file, pg.Data{Table: pg.MustIdent(schema, table)}, args)
	f.removed(schema, table, n)
	return err
}

// scan sends a statement that deletes from a table and says itself how many.
func (f *forgetting) scan(ctx context.Context, schema, table, file string, d pg.Data) error {
	var n int64
	err := f.in.DB.Scan(ctx, f.tx, "11_forget/"+file, d, none, &n)
	f.removed(schema, table, n)
	return err
}

// analyze takes statistics of a temporary table, so that what joins it asks indexes.
func (f *forgetting) analyze(ctx context.Context, table string) error {
	_, err := f.in.DB.Exec(ctx, f.tx, "03_alias/026_analyze.sql", pg.Data{Table: pg.MustIdent(table)}, none)
	return err
}

// name gathers the person's identifiers.
func (f *forgetting) name(ctx context.Context, person event.Person, unseen bool) error {
	if err := f.run(ctx, "020_create_ids.sql"); err != nil {
		return err
	}
	if unseen || !person.IsIdentified {
		if _, err := f.exec(ctx, "021_name.sql", pg.Data{}, pg.Args{"is_user": person.IsIdentified, "identifier": person.AliasID}); err != nil {
			return err
		}
	} else if _, err := f.exec(ctx, "022_name_users.sql", pg.Data{}, pg.Args{"alias_id": person.AliasID}); err != nil {
		return err
	}
	if _, err := f.exec(ctx, "023_name_devices.sql", pg.Data{}, pg.Args{"use_alias_calls": f.in.Settings.UseAlias}); err != nil {
		return err
	}
	if err := f.analyze(ctx, "forgotten_ids"); err != nil {
		return err
	}
	return f.in.DB.Scan(ctx, f.tx, "11_forget/035_count_ids.sql", pg.Data{}, none, &f.Users, &f.AnonymousIDs)
}

// remember keeps the hashes.
func (f *forgetting) remember(ctx context.Context) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if _, err := f.exec(ctx, "010_make_key.sql", pg.Data{}, pg.Args{"key": key}); err != nil {
		return err
	}
	if err := f.in.DB.Scan(ctx, f.tx, "11_forget/011_read_key.sql", pg.Data{}, none, &key); err != nil {
		return err
	}
	_, err := f.exec(ctx, "030_remember.sql", pg.Data{}, NewPads(key).Args())
	return err
}

// takenIn removes the rows taken in: events of the months in which anything was made
// of them, identities of all months, of which nothing need be.
func (f *forgetting) takenIn(ctx context.Context) error {
	if err := f.run(ctx, "050_create_rows.sql"); err != nil {
		return err
	}
	all, err := f.in.months(ctx, f.tx)
	if err != nil {
		return err
	}
	starts, err := pg.Collect(ctx, f.in.DB, f.tx, "11_forget/040_months.sql", pg.Data{}, none, pgx.RowTo[time.Time])
	if err != nil {
		return err
	}
	var some []month.Month
	for _, s := range starts {
		if m := month.Of(s); slices.Contains(all, m) {
			some = append(some, m)
		}
	}
	segment := f.in.DB.Names.Segment
	each := func(fn func(name string, d pg.Data) error) error {
		for _, t := range []struct {
			name   string
			months []month.Month
		}{{"app_tracks", some}, {"app_identities", all}} {
			for _, m := range t.months {
				d := pg.Data{Table: pg.Table{Schema: segment, Name: t.name}.Partition(m).Ident(), Identities: t.name == "app_identities"}
				if err := fn(t.name, d); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := each(func(_ string, d pg.Data) error {
		_, err := f.exec(ctx, "051_find_rows.sql", d, none)
		return err
	}); err != nil {
		return err
	}
	beside, err := pg.Collect(ctx, f.in.DB, f.tx, "11_forget/052_beside.sql", pg.Data{}, none, pgx.RowTo[string])
	if err != nil {
		return err
	}
	absent := pg.Args{"absent": f.in.Settings.Absent(beside)}
	if _, err := f.exec(ctx, "053_spare_others.sql", pg.Data{Identities: true}, absent); err != nil {
		return err
	}
	if err := f.analyze(ctx, "forgotten_rows"); err != nil {
		return err
	}
	f.removed(segment, "app_tracks", 0)
	f.removed(segment, "app_identities", 0)
	if err := each(func(name string, d pg.Data) error {
		n, err := f.exec(ctx, "054_delete_rows.sql", d, none)
		f.removed(segment, name, n)
		return err
	}); err != nil {
		return err
	}
	ops := f.in.DB.Names.Ops
	if err := f.run(ctx, "055_uncount.sql", "056_read_again.sql"); err != nil {
		return err
	}
	if err := f.delete(ctx, ops, "duplicate_rows", "057_delete_copies.sql", none); err != nil {
		return err
	}
	if err := f.delete(ctx, ops, "rejected_rows", "058_delete_rejected.sql", absent); err != nil {
		return err
	}
	if err := f.run(ctx, "060_redo_months.sql"); err != nil {
		return err
	}
	return f.delete(ctx, ops, "dirty_pairs", "061_delete_pairs.sql", none)
}

// visits removes what stage 2 made of them.
func (f *forgetting) visits(ctx context.Context) error {
	stages := f.in.DB.Names.Stages
	for _, devices := range []bool{false, true} {
		d := pg.Data{Flag: devices}
		if err := f.scan(ctx, stages, "all_tracks", "070_delete_visits.sql", d); err != nil {
			return err
		}
		n, err := f.exec(ctx, "071_delete_conversions.sql", d, none)
		f.removed(stages, "all_conversions", n)
		if err != nil {
			return err
		}
		if err := f.scan(ctx, stages, "all_sightings", "072_delete_sightings.sql", d); err != nil {
			return err
		}
	}
	return f.delete(ctx, stages, "all_sightings", "073_delete_alias_sightings.sql", none)
}

// identity removes the person from who is who, and reopens what it shared with others.
func (f *forgetting) identity(ctx context.Context) error {
	aliases := f.in.DB.Names.Aliases
	if err := f.run(ctx, "080_create_devices.sql"); err != nil {
		return err
	}
	for _, s := range []struct{ table, file string }{
		{"edges", "081_delete_edges.sql"},
		{"first_sights", "085_delete_sights.sql"},
		{"user_ids", "086_delete_users.sql"},
		{"anonymous_ids", "087_delete_anonymous.sql"},
		{"anonymous_ids", "089_delete_alone.sql"},
		{"changes", "088_delete_changes.sql"},
	} {
		if err := f.delete(ctx, aliases, s.table, s.file, none); err != nil {
			return err
		}
	}
	return nil
}

// waiting removes the person from the worklists, and puts down what is to be made anew.
func (f *forgetting) waiting(ctx context.Context) error {
	ops := f.in.DB.Names.Ops
	if err := f.delete(ctx, ops, "dirty_edges", "084_delete_waiting_edges.sql", none); err != nil {
		return err
	}
	if err := f.run(ctx, "090_mark_old_persons.sql", "091_forget_old_persons.sql"); err != nil {
		return err
	}
	if err := f.delete(ctx, ops, "dirty_identifiers", "092_delete_waiting.sql", none); err != nil {
		return err
	}
	if err := f.delete(ctx, ops, "dirty_persons", "093_delete_persons.sql", none); err != nil {
		return err
	}
	return f.run(ctx, "082_reopen_edges.sql", "083_mark_devices.sql")
}

// published removes what analysts see.
func (f *forgetting) published(ctx context.Context) error {
	sessions := f.in.DB.Names.Sessions
	if err := f.in.takeTransitions(ctx, f.tx, func(name string) pg.Identifier { return f.in.publishedTable(name).Ident() },
		pg.MustIdent("forgotten_ids"), "identifier", "is_user"); err != nil {
		return err
	}
	if _, err := f.in.DB.Exec(ctx, f.tx, "07_attribute/201_clear_transitions.sql", pg.Data{}, none); err != nil {
		return err
	}
	if err := f.scan(ctx, sessions, publishedTables[0], "100_delete_sessions.sql", pg.Data{}); err != nil {
		return err
	}
	for _, table := range publishedTables[1:] {
		if err := f.delete(ctx, sessions, table, "101_delete_published.sql", none); err != nil {
			return err
		}
	}
	rows := make([]int64, len(publishedTables))
	for i, removed := range f.Tables[len(f.Tables)-len(publishedTables):] {
		rows[i] = removed.Rows
	}
	if _, err := f.exec(ctx, "102_uncount_published.sql", pg.Data{}, pg.Args{"tables": publishedTables, "rows": rows}); err != nil {
		return err
	}
	return f.delete(ctx, sessions, "revenue", "101_delete_published.sql", none)
}

// aside drops what is built aside or was replaced: the person may be in it. The
// worklists still say what it answered.
func (f *forgetting) aside(ctx context.Context) error {
	if _, err := f.in.dropAside(ctx, f.tx, true); err != nil {
		return err
	}
	n, err := f.in.DB.Exec(ctx, f.tx, "07_attribute/082_clear_prepared.sql", pg.Data{}, none)
	f.removed(f.in.DB.Names.Ops, "prepared", n)
	return err
}

// ForgottenAt is when an identifier was forgotten: as a user_id, as an anonymous_id;
// nil where it was not.
func ForgottenAt(ctx context.Context, db *pg.DB, q pg.Querier, id string) (user, anonymous *time.Time, err error) {
	pads, err := ReadPads(ctx, db, q)
	if err != nil || pads == nil {
		return nil, nil, err
	}
	args := pg.Args{"id": event.Trim(id)}
	maps.Copy(args, pads.Args())
	err = db.Scan(ctx, q, "11_forget/012_is_forgotten.sql", pg.Data{}, args, &user, &anonymous)
	return user, anonymous, err
}

// CheckForgettable refuses what is no identifier, and so is nobody's.
func (s Settings) CheckForgettable(id string) error {
	switch {
	case s.Blocked.Clean(id) == "":
		return fmt.Errorf("that identifier counts as absent (identity.blocked): it is nobody's")
	case strings.ContainsRune(id, 0) || !utf8.ValidString(id):
		return fmt.Errorf("that identifier is no text that Postgres can hold: rows with such are never taken in")
	case len(event.Trim(id)) > event.MaxIdentifierBytes:
		return fmt.Errorf("that identifier has over %d bytes: rows with such are never taken in", event.MaxIdentifierBytes)
	}
	return nil
}
