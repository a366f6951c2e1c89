package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/sql/reference"
)

// ReferenceOptions are the settings the reference computes under. Reference fills
// in nothing: a zero limit is a limit of zero.
type ReferenceOptions struct {
	Sources []string // Postgres schemas written by Segment; at least one must hold a table
	Schema  string   // the scratch schema the tables are made in

	// TakenIn is the schema whose app_tracks and app_identities are read instead of the
	// sources: what stages 2 to 8 start from. Their rows are trimmed, and each is there
	// once; AsOf and DedupWindow mean nothing then. Default "": the sources are read.
	TakenIn string
	// Published is the schema of the published tables, whose primary keys and indexes
	// the four of ReferenceTables get too, as logged tables. Default "": they are
	// unlogged, without indexes.
	Published string
	// DropUsed drops every table as soon as no later statement reads it; those of
	// ReferenceTables stay. Default false: all stay, for people to look at.
	DropUsed bool
	// Observe is told of each file when it is done, indexes and statistics included.
	// Default nil: nobody.
	Observe func(file string)

	SignupEvents []string            // names of tracks that are signups
	Conversions  []stages.Conversion // beside the signup
	Traits       []string            // columns of identifies shown with persons
	Models       model.Rules
	IgnoreEvents []string // names of tracks that are no activity
	ExcludeBots  bool     // events of crawlers are no activity
	Blocked      []string // identifiers that count as absent; '' always does

	Gap         time.Duration // session_gap: strictly more splits
	Lookback    time.Duration // 0: none
	DedupWindow time.Duration // copies further apart are two events

	Policy                 string // "first" or "merge"
	MaxUsersPerAnonymousID int    // more persons than this make an anonymous_id shared
	MaxComponentSize       int    // policy merge: more identifiers than this cut a component
	UseAliasCalls          bool   // false: previous_id is not read

	Rules *channel.Rules // where evidence comes from

	// AsOf leaves out rows loaded (uuid_ts, else received_at) after it. The zero
	// time leaves out none.
	AsOf time.Time

	// Pads are what the identifiers of forgotten persons are hashed with, and Forgotten is
	// the table of the hashes: their rows at the sources are left out. Nil: nobody's are.
	Pads      *stages.Pads
	Forgotten pg.Table

	// SampleOneIn keeps the persons whose alias_id fulfils SampleCondition only; 0
	// and 1 keep every person. Identity is worked out over all rows regardless.
	SampleOneIn int
}

// ReferenceOf are the options of settings: what is read and where is still to be said.
func ReferenceOf(s stages.Settings) ReferenceOptions {
	return ReferenceOptions{
		Sources:      s.Sources,
		SignupEvents: s.SignupEvents, Conversions: s.Conversions, Traits: s.Traits, Models: s.Models,
		IgnoreEvents: s.IgnoreEvents, ExcludeBots: s.ExcludeBots, Blocked: slices.Sorted(maps.Keys(s.Blocked)),
		Gap: s.Gap, Lookback: s.Lookback, DedupWindow: s.DedupWindow,
		Policy: string(s.Identity.Policy), MaxUsersPerAnonymousID: s.Identity.MaxUsersPerAnonymousID,
		MaxComponentSize: s.Identity.MaxComponentSize, UseAliasCalls: s.UseAlias, Rules: s.Rules,
	}
}

// SampleCondition is the SQL condition by which ReferenceOptions.SampleOneIn = n
// takes persons, to be put to any table with an alias_id: n is @sample_one_in.
const SampleCondition = "hashtextextended(alias_id, 0) % @sample_one_in = 0"

// ReferenceTables are the published tables Reference makes in the scratch schema.
func ReferenceTables() []string {
	return []string{"all_sessions", "useful_sessions", "touches", "attribution", "persons", "conversions", "paths"}
}

// scratchComment marks a schema as Reference's own, so that the next call may drop it.
const scratchComment = "attribution: scratch schema of the reference SQL; dropped and made again by each use"

// Reference makes the scratch schema anew and computes in it, by the plain SQL of
// sql/reference over nothing but the raw source tables (or ReferenceOptions.TakenIn),
// the tables of ReferenceTables, and user_ids and anonymous_ids. It refuses a schema of that name
// that it did not make. The connection's TimeZone must be UTC.
//
// The source tables are read by two statements; where they may change meanwhile,
// set AsOf or call it inside a REPEATABLE READ transaction.
func Reference(ctx context.Context, conn *pgx.Conn, o ReferenceOptions) error {
	if o.Rules == nil {
		return errors.New("reference: no rules: set ReferenceOptions.Rules")
	}
	if o.Policy != "first" && o.Policy != "merge" {
		return fmt.Errorf("reference: policy %q: want first or merge", o.Policy)
	}
	schema, err := pg.Ident(o.Schema)
	if err != nil {
		return fmt.Errorf("reference: scratch schema: %w", err)
	}
	data := referenceData{
		Schema: schema, TakenIn: o.TakenIn != "", Logged: o.Published != "", Forgets: o.Pads != nil,
		Rewards: len(o.Conversions) > 0, Weeks: []int{1, 4, 12, 26},
	}
	if data.Forgets {
		data.Forgotten = o.Forgotten.Ident()
	}
	if data.TakenIn {
		data.Tracks, data.Identities = pg.MustIdent(o.TakenIn, "app_tracks"), pg.MustIdent(o.TakenIn, "app_identities")
	} else if data.Tables, err = SourceTables(ctx, conn, o.Sources); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	if data.Values, err = valueTables(ctx, conn, o); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	if data.Traits, err = traitTables(ctx, conn, o); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	if err := makeScratchSchema(ctx, conn, o.Schema, schema); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	statements, err := referenceStatements(data)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	for i, st := range statements {
		err := runReferenceFile(ctx, conn, st, o)
		if err == nil && o.DropUsed {
			err = dropUsed(ctx, conn, statements, i, o.Schema)
		}
		if err != nil {
			return fmt.Errorf("reference: %s: %w", st.file, err)
		}
		if o.Observe != nil {
			o.Observe(st.file)
		}
	}
	return nil
}

// referenceData is what the templates are rendered with.
type referenceData struct {
	Schema  pg.Identifier
	Tables  []SourceTable
	Logged  bool // the published tables are
	TakenIn bool // Tracks and Identities are read, not Tables

	Tracks, Identities pg.Identifier

	Forgets   bool // Forgotten holds hashes
	Forgotten pg.Identifier

	Rewards bool         // there are conversions beside the signup
	Values  []valueTable // where they are worth something
	Traits  []traitTable // identifies with columns to show
	Weeks   []int        // of retention
}

// fromSourcesOnly are the files about copies, missing ids and user agents, which rows
// taken in no longer have.
var fromSourcesOnly = []string{"030_repeated_ids.sql", "032_user_agents.sql", "034_crawlers.sql", "050_settled_rows.sql"}

// A referenceStatement is one file, rendered.
type referenceStatement struct {
	file, table, sql string
}

// creates matches what a statement makes.
var creates = regexp.MustCompile(`(?m)^CREATE (?:UNLOGGED )?(TABLE|VIEW) `)

// makes is "TABLE", "VIEW" or "".
func (s *referenceStatement) makes() string {
	if m := creates.FindStringSubmatch(s.sql); m != nil {
		return m[1]
	}
	return ""
}

// reads reports whether the statement names a table of the scratch schema, or is
// filled from it.
func (s *referenceStatement) reads(schema, table string) bool {
	return s.table == "evidence" && table == "evidence_inputs" || s.table == "crawlers" && table == "user_agents" ||
		regexp.MustCompile(regexp.QuoteMeta(pg.MustIdent(schema).String()+"."+table)+`\b`).MatchString(s.sql)
}

// referenceStatements renders all files, in order.
func referenceStatements(data referenceData) (all []referenceStatement, err error) {
	files, err := fs.Glob(reference.FS, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, file := range files {
		if data.TakenIn && slices.Contains(fromSourcesOnly, file) {
			continue
		}
		tmpl, err := template.New(file).Option("missingkey=error").ParseFS(reference.FS, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		var text strings.Builder
		if err := tmpl.Execute(&text, data); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, referenceStatement{file, strings.TrimSuffix(file[len("000_"):], ".sql"), text.String()})
	}
	return all, nil
}

// filled are the tables plain SQL cannot fill.
var filled = map[string]func(context.Context, *pgx.Conn, string, *channel.Rules) error{"crawlers": fillCrawlers, "evidence": fillEvidence}

// runReferenceFile runs one file, fills the table made where it is one of those, and
// indexes and analyses what was made.
func runReferenceFile(ctx context.Context, conn *pgx.Conn, st referenceStatement, o ReferenceOptions) error {
	table := st.table
	var args []any
	if table == "settings_values" {
		table, args = "settings", []any{referenceSettings(o)}
	}
	for {
		tag, err := conn.Exec(ctx, st.sql, args...)
		if err != nil {
			return err
		}
		if !strings.HasSuffix(st.file, "_repeat.sql") || tag.RowsAffected() == 0 {
			break
		}
	}
	if fill := filled[table]; fill != nil {
		if err := fill(ctx, conn, o.Schema, o.Rules); err != nil {
			return err
		}
	}
	if args == nil && st.makes() != "TABLE" {
		return nil // a view, or an update of what was just analysed
	}
	if o.Published != "" && slices.Contains(ReferenceTables(), table) {
		if err := indexAs(ctx, conn, pg.Table{Schema: o.Published, Name: table}, pg.Table{Schema: o.Schema, Name: table}); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, "ANALYZE "+pg.MustIdent(o.Schema, table).String())
	return err
}

// indexAs gives a table the primary key and the indexes of another.
func indexAs(ctx context.Context, conn *pgx.Conn, published, table pg.Table) error {
	rows, err := conn.Query(ctx, `
		SELECT CASE WHEN i.indisprimary THEN 'ALTER TABLE ' || $2 || ' ADD PRIMARY KEY (' ELSE 'CREATE INDEX ON ' || $2 || ' (' END
			|| string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) || ')'
		FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place), pg_attribute AS a
		WHERE i.indrelid = $1::regclass AND a.attrelid = i.indrelid AND a.attnum = k.attnum
		GROUP BY i.indexrelid, i.indisprimary
		ORDER BY i.indexrelid`, published.Ident().String(), table.Ident().String())
	if err != nil {
		return err
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// dropUsed drops the tables that no statement after the last one run reads. A view
// reads its tables for as long as it is read itself.
func dropUsed(ctx context.Context, conn *pgx.Conn, all []referenceStatement, last int, schema string) error {
	var used func(made referenceStatement) bool
	used = func(made referenceStatement) bool {
		return slices.Contains(ReferenceTables(), made.table) ||
			slices.ContainsFunc(all[last+1:], func(s referenceStatement) bool { return s.reads(schema, made.table) }) ||
			slices.ContainsFunc(all, func(s referenceStatement) bool {
				return s.makes() == "VIEW" && s.file != made.file && s.reads(schema, made.table) && used(s)
			})
	}
	for _, made := range all[:last+1] {
		if made.makes() != "TABLE" || used(made) {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP TABLE IF EXISTS "+pg.MustIdent(schema, made.table).String()+" CASCADE"); err != nil {
			return err
		}
	}
	return nil
}

// referenceSettings are the parameters of the settings row.
func referenceSettings(o ReferenceOptions) pgx.StrictNamedArgs {
	direct := o.Rules.Direct()
	upper, lower := caseFolding()
	args := pgx.StrictNamedArgs{
		"sources":                    notNil(o.Sources),
		"signup_events":              notNil(o.SignupEvents),
		"ignore_events":              notNil(o.IgnoreEvents),
		"exclude_bots":               o.ExcludeBots,
		"blocked":                    []string{""},
		"whitespace":                 event.Whitespace,
		"upper_runes":                upper,
		"lower_runes":                lower,
		"session_gap":                o.Gap,
		"lookback":                   o.Lookback,
		"dedup_window":               o.DedupWindow,
		"policy":                     o.Policy,
		"max_users_per_anonymous_id": o.MaxUsersPerAnonymousID,
		"max_component_size":         o.MaxComponentSize,
		"use_alias_calls":            o.UseAliasCalls,
		"direct_source":              direct.Source,
		"direct_medium":              direct.Medium,
		"direct_channel":             direct.Channel,
		"direct_is_paid":             direct.IsPaid,
		"as_of":                      nil,
		"sample_one_in":              max(o.SampleOneIn, 1),
		"inner_pad":                  []byte{},
		"outer_pad":                  []byte{},
	}
	maps.Copy(args, o.Pads.Args())
	maps.Copy(args, rewardSettings(o))
	blocked := []string{""}
	for _, id := range o.Blocked {
		blocked = append(blocked, strings.ToLower(event.Trim(id)))
	}
	args["blocked"] = blocked
	if !o.AsOf.IsZero() {
		args["as_of"] = o.AsOf
	}
	return args
}

// notNil is list, empty rather than NULL.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// caseFolding lists every rune beyond ASCII that strings.ToLower changes, and what
// it becomes: SQL's lower folds only ASCII under the collation "C".
func caseFolding() (upper, lower string) {
	var u, l strings.Builder
	for r := rune(unicode.MaxASCII + 1); r <= unicode.MaxRune; r++ {
		if low := unicode.ToLower(r); low != r {
			u.WriteRune(r)
			l.WriteRune(low)
		}
	}
	return u.String(), l.String()
}

// makeScratchSchema makes the schema, dropping the one an earlier call made.
func makeScratchSchema(ctx context.Context, conn *pgx.Conn, name string, schema pg.Identifier) error {
	var exists, ours bool
	err := conn.QueryRow(ctx, `
		SELECT count(*) > 0, coalesce(bool_or(obj_description(oid, 'pg_namespace') = $2), false)
		FROM pg_namespace WHERE nspname = $1`, name, scratchComment).Scan(&exists, &ours)
	if err != nil {
		return fmt.Errorf("scratch schema %s: %w", schema, err)
	}
	if exists && !ours {
		return fmt.Errorf("scratch schema %s: exists and was not made by the reference: name another", schema)
	}
	statements := []string{"CREATE SCHEMA " + schema.String(), "COMMENT ON SCHEMA " + schema.String() + " IS '" + scratchComment + "'"}
	if exists {
		statements = slices.Insert(statements, 0, "DROP SCHEMA "+schema.String()+" CASCADE")
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("scratch schema %s: %w", schema, err)
		}
	}
	return nil
}
