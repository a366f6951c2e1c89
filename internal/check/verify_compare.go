package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
)

// keyColumns are the keys of the published tables beside the person.
var keyColumns = map[string][]string{
	"all_sessions": {"started_at"}, "useful_sessions": {"kind"}, "touches": {"position"},
	"conversions": {"conversion", "number"}, "paths": {"conversion", "number", "position"},
}

// examples is how many persons a check that failed names.
const examples = 5

// A difference is the set difference of a table and the reference's.
type difference struct {
	same, missing, extra, differing int64
}

func (d difference) rows() int64 { return d.same + d.missing + d.extra + d.differing }
func (d difference) none() bool  { return d.rows() == d.same }

// text is "12 rows compared: 1 missing, 2 differing".
func (d difference) text() string {
	if d.none() {
		return plural(d.rows(), "row") + " compared, all as the reference has them"
	}
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{d.missing, "missing"}, {d.extra, "extra"}, {d.differing, "differing"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return plural(d.rows(), "row") + " compared, " + strings.Join(parts, ", ")
}

// Compare compares every row of the published tables with those that Reference made in
// the schema, in both directions: one Check a table. What it says of differing rows names
// persons.
func Compare(ctx context.Context, db *pg.DB, schema string) ([]Check, error) {
	v := verification{db: db, schema: schema, sample: pg.Args{"sample_one_in": int64(1)}}
	var err error
	if v.tx, err = db.Pool.Begin(ctx); err != nil {
		return nil, err
	}
	defer func() { _ = v.tx.Rollback(context.WithoutCancel(ctx)) }() // it only reads
	for _, table := range ReferenceTables() {
		if err := v.compareTable(ctx, table); err != nil {
			return nil, fmt.Errorf("compare %s: %w", table, err)
		}
	}
	return v.report.Checks, nil
}

// compareTable compares a published table.
func (v *verification) compareTable(ctx context.Context, table string) error {
	published := pg.Table{Schema: v.db.Names.Sessions, Name: table}
	theirs := pg.Table{Schema: v.schema, Name: table}
	rows, err := v.db.Query(ctx, v.tx, "09_check/020_columns.sql", pg.Data{}, pg.Args{"schema": theirs.Schema, "table": theirs.Name})
	if err != nil {
		return err
	}
	d := pg.Data{Table: published.Ident(), Other: theirs.Ident()}
	var column string
	var isShare bool
	_, err = pgx.ForEachRow(rows, []any{&column, &isShare}, func() error {
		if isShare {
			d.Rounded = append(d.Rounded, pg.MustIdent(column))
		} else {
			d.Extra = append(d.Extra, pg.MustIdent(column))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range keyColumns[table] {
		d.Columns = append(d.Columns, pg.Column(key, key, "text"))
	}
	return v.compare(ctx, published.Schema+"."+table, "030_compare_rows.sql", strings.Join(keyColumns[table], ", "), d)
}

// compareTransitions counts what the Markov model is solved from anew, from the paths.
func (v *verification) compareTransitions(ctx context.Context) error {
	published := func(name string) pg.Identifier { return pg.MustIdent(v.db.Names.Sessions, name) }
	d := pg.Data{Full: true, Tables: []pg.Identifier{published("touches"), published("paths"), published("conversions")}}
	var all, differing int64
	if err := v.statement(ctx, "095_compare_transitions.sql", d, v.settings.TransitionArgs(), &all, &differing); err != nil {
		return err
	}
	v.check(v.db.Names.Stages+".transitions", differing == 0, "%s counted anew from the paths, %d differing", plural(all, "transition"), differing)
	return nil
}

// compareIdentity compares who is who.
func (v *verification) compareIdentity(ctx context.Context) error {
	for _, c := range []struct{ table, file string }{
		{"user_ids", "040_compare_user_ids.sql"}, {"anonymous_ids", "041_compare_anonymous_ids.sql"},
	} {
		d := pg.Data{Other: pg.MustIdent(VerifySchema, c.table)}
		if err := v.compare(ctx, v.db.Names.Aliases+"."+c.table, c.file, "", d); err != nil {
			return err
		}
	}
	return nil
}

// compare counts what differs and, where something does, names a few; keyName is
// what the key beside the person is called.
func (v *verification) compare(ctx context.Context, name, file, keyName string, d pg.Data) error {
	var diff difference
	if err := v.statement(ctx, file, d, v.sample, &diff.same, &diff.missing, &diff.extra, &diff.differing); err != nil {
		return err
	}
	if diff.none() {
		v.check(name, true, "%s", diff.text())
		return nil
	}
	d.Flag = true
	rows, err := v.db.Query(ctx, v.tx, "09_check/"+file, d, pg.Args{"sample_one_in": v.sample["sample_one_in"], "limit": examples})
	if err != nil {
		return err
	}
	parts := []string{diff.text()}
	var p event.Person
	var verdict, key string
	var what *string
	_, err = pgx.ForEachRow(rows, []any{&p.AliasID, &p.IsIdentified, &verdict, &key, &what}, func() error {
		text := p.String()
		if key != "" {
			text += " (" + keyName + " " + key + ")"
		}
		text += " " + verdict
		if what != nil {
			text += ": " + *what
		}
		parts = append(parts, text)
		return nil
	})
	v.differs = true
	v.check(name, false, "%s", strings.Join(parts, ". "))
	return err
}

// compareTakenIn compares the rows taken in with those at the sources, and says what
// that means for what differs.
func (v *verification) compareTakenIn(ctx context.Context) error {
	rows, err := v.db.Query(ctx, v.tx, "09_check/050_compare_taken_in.sql", pg.Data{Other: pg.MustIdent(VerifySchema, "all_rows")}, v.sample)
	if err != nil {
		return err
	}
	var source string
	var kind int16
	var both, gone, unseen, allBoth, allGone, allUnseen int64
	var goneOf, unseenOf []string
	_, err = pgx.ForEachRow(rows, []any{&source, &kind, &both, &gone, &unseen}, func() error {
		table := source + "." + event.Kind(kind).Table()
		if gone > 0 {
			goneOf = append(goneOf, fmt.Sprintf("%d of %s", gone, table))
		}
		if unseen > 0 {
			unseenOf = append(unseenOf, fmt.Sprintf("%d of %s", unseen, table))
		}
		allBoth, allGone, allUnseen = allBoth+both, allGone+gone, allUnseen+unseen
		return nil
	})
	if err != nil {
		return err
	}
	const name = "rows taken in"
	text := plural(allBoth, "row") + " taken in as they are at the source"
	if allGone > 0 {
		text += fmt.Sprintf("; %d taken in but not there now (%s)", allGone, strings.Join(goneOf, ", "))
		v.note("Rows may have been deleted at the source: %s taken in and there no more. What they were part of differs from the reference, which reads the source as it is now. \"attribution run --reconcile\" removes them.",
			plural(allGone, "row"))
	}
	if allUnseen > 0 {
		text += fmt.Sprintf("; %d there but not taken in (%s)", allUnseen, strings.Join(unseenOf, ", "))
		v.note("Rows may have been loaded at the source after the last run, under an older load time: %s there and not taken in. The next run takes them in where they lie within the overlap, \"attribution run --full\" in any case.",
			plural(allUnseen, "row"))
	}
	v.check(name, allGone+allUnseen == 0, "%s", text)
	if v.differs && allGone+allUnseen == 0 {
		v.note("The rows taken in are those of the source, so the difference arose after: by hand, by settings other than the last run's, by a value changed since in an event's own table, or by a defect. \"attribution run --full\" makes everything anew; what differs even then is a defect, please report it.")
	}
	return nil
}
