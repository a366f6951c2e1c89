package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/sql/reference"
)

// ReferenceOptions are the settings the reference computes under. Reference fills
// in nothing: a zero limit is a limit of zero.
type ReferenceOptions struct {
	Sources []string // Postgres schemas written by Segment; at least one must hold a table
	Schema  string   // the scratch schema the tables are made in

	SignupEvents []string // names of tracks that are signups
	IgnoreEvents []string // names of tracks that are no activity
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

	// SampleOneIn keeps the persons whose alias_id fulfils SampleCondition only; 0
	// and 1 keep every person. Identity is worked out over all rows regardless.
	SampleOneIn int
}

// SampleCondition is the SQL condition by which ReferenceOptions.SampleOneIn = n
// takes persons, to be put to any table with an alias_id: n is @sample_one_in.
const SampleCondition = "hashtextextended(alias_id, 0) % @sample_one_in = 0"

// ReferenceTables are the published tables Reference makes in the scratch schema.
func ReferenceTables() []string {
	return []string{"all_sessions", "useful_sessions", "touches", "attribution"}
}

// scratchComment marks a schema as Reference's own, so that the next call may drop it.
const scratchComment = "attribution: scratch schema of the reference SQL; dropped and made again by each use"

// Reference makes the scratch schema anew and computes in it, by the plain SQL of
// sql/reference over nothing but the raw source tables, the tables of
// ReferenceTables, and user_ids and anonymous_ids. It refuses a schema of that name
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
	tables, err := referenceSources(ctx, conn, o.Sources)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	if err := makeScratchSchema(ctx, conn, o.Schema, schema); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	files, err := fs.Glob(reference.FS, "*.sql")
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	slices.Sort(files)
	data := referenceData{Schema: schema, Tables: tables}
	for _, file := range files {
		if err := runReferenceFile(ctx, conn, file, data, o); err != nil {
			return fmt.Errorf("reference: %s: %w", file, err)
		}
	}
	return nil
}

// referenceData is what the templates are rendered with.
type referenceData struct {
	Schema pg.Identifier
	Tables []referenceTable
}

// runReferenceFile renders and runs one file, fills evidence where that is the table
// made, and analyses what was made.
func runReferenceFile(ctx context.Context, conn *pgx.Conn, file string, data referenceData, o ReferenceOptions) error {
	tmpl, err := template.New(file).Option("missingkey=error").ParseFS(reference.FS, file)
	if err != nil {
		return err
	}
	var statement strings.Builder
	if err := tmpl.Execute(&statement, data); err != nil {
		return err
	}
	table := strings.TrimSuffix(file[len("000_"):], ".sql")
	var args []any
	if table == "settings_values" {
		table, args = "settings", []any{referenceSettings(o)}
	}
	for {
		tag, err := conn.Exec(ctx, statement.String(), args...)
		if err != nil {
			return err
		}
		if !strings.HasSuffix(file, "_repeat.sql") || tag.RowsAffected() == 0 {
			break
		}
	}
	if table == "evidence" {
		if err := fillEvidence(ctx, conn, o.Schema, o.Rules); err != nil {
			return err
		}
	}
	if args == nil && !strings.Contains(statement.String(), "CREATE UNLOGGED TABLE") {
		return nil // a view, or an update of what was just analysed
	}
	_, err = conn.Exec(ctx, "ANALYZE "+pg.MustIdent(o.Schema, table).String())
	return err
}

// referenceSettings are the parameters of the settings row.
func referenceSettings(o ReferenceOptions) pgx.StrictNamedArgs {
	direct := o.Rules.Direct()
	upper, lower := caseFolding()
	args := pgx.StrictNamedArgs{
		"sources":                    o.Sources,
		"signup_events":              notNil(o.SignupEvents),
		"ignore_events":              notNil(o.IgnoreEvents),
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
	}
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
