package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
)

// DefaultTruthSchema is the schema the truth is written into unless another is given.
const DefaultTruthSchema = "simulated_truth"

// truthTables makes the two tables of the truth; %[1]s is the quoted schema.
const truthTables = `
DROP TABLE IF EXISTS %[1]s.persons, %[1]s.identifiers;
CREATE TABLE %[1]s.persons (
    person_id text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,
    flags text NOT NULL,
    settled_at timestamptz NOT NULL,
    alias_id text COLLATE "C",
    is_identified boolean NOT NULL,
    session_count bigint NOT NULL,
    is_signed_up boolean NOT NULL,
    signup_timestamp timestamptz,
    session_count_before_signup bigint,
    first_touch_timestamp timestamptz,
    first_touch_source text,
    first_touch_medium text,
    first_touch_campaign text
);
CREATE TABLE %[1]s.identifiers (
    identifier text COLLATE "C" NOT NULL,
    is_user_id boolean NOT NULL,
    person_id text COLLATE "C" NOT NULL
);
COMMENT ON TABLE %[1]s.persons IS 'Who the simulated persons are and where they first came from. A person with empty flags whose settled_at lies before the run must come out exactly so.';
COMMENT ON TABLE %[1]s.identifiers IS 'Which person an anonymous_id or user_id belongs to; several for a shared device.';
COMMENT ON COLUMN %[1]s.persons.person_id IS 'pN, or pN.M for the M-th member of a unit; a name of the simulation only.';
COMMENT ON COLUMN %[1]s.persons.kind IS 'visitor, customer, family, kiosk or bot.';
COMMENT ON COLUMN %[1]s.persons.flags IS 'Why the rows cannot show the truth, comma-separated: shared_device, unlinked_device, wrong_clock, misspelt_campaign, bot, not_loaded.';
COMMENT ON COLUMN %[1]s.persons.settled_at IS 'Load time (uuid_ts) from which on later rows change nothing of what is said here.';
COMMENT ON COLUMN %[1]s.persons.alias_id IS 'The key of the person by the rules of identity: the user_id first seen, else the anonymous_id.';
COMMENT ON COLUMN %[1]s.persons.is_identified IS 'Whether alias_id is a user_id.';
COMMENT ON COLUMN %[1]s.persons.session_count IS 'Sessions in the whole of the simulated time.';
COMMENT ON COLUMN %[1]s.persons.is_signed_up IS 'Whether the person signs up, ever.';
COMMENT ON COLUMN %[1]s.persons.signup_timestamp IS 'When the person first signed up.';
COMMENT ON COLUMN %[1]s.persons.session_count_before_signup IS 'Sessions begun at or before the signup; NULL without a signup.';
COMMENT ON COLUMN %[1]s.persons.first_touch_timestamp IS 'The earliest touch, at or before the signup where there is one.';
COMMENT ON COLUMN %[1]s.persons.first_touch_source IS 'Where that touch came from.';
COMMENT ON COLUMN %[1]s.persons.first_touch_medium IS 'By which medium.';
COMMENT ON COLUMN %[1]s.persons.first_touch_campaign IS 'From which campaign.';
COMMENT ON COLUMN %[1]s.identifiers.identifier IS 'The anonymous_id or user_id.';
COMMENT ON COLUMN %[1]s.identifiers.is_user_id IS 'Whether it is a user_id.';
COMMENT ON COLUMN %[1]s.identifiers.person_id IS 'The person it belongs to.'`

// WriteTruthTables writes the truth about the whole world into the tables persons and
// identifiers of a schema ("": DefaultTruthSchema), in one transaction, replacing what
// an earlier call wrote there.
func (w *World) WriteTruthTables(ctx context.Context, conn *pgx.Conn, schema string) error {
	if schema == "" {
		schema = DefaultTruthSchema
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		quoted := pgx.Identifier{schema}.Sanitize()
		for _, sql := range []string{"CREATE SCHEMA IF NOT EXISTS " + quoted, fmt.Sprintf(truthTables, quoted)} {
			if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
				return err
			}
		}
		return w.copyTruth(ctx, conn, schema)
	})
	if err != nil {
		return fmt.Errorf("simulate: writing the truth: %w", err)
	}
	return nil
}

// copyTruth fills the tables of the truth.
func (w *World) copyTruth(ctx context.Context, conn *pgx.Conn, schema string) error {
	persons := copyBatch{into: copyInto(schema, "persons", []string{
		"person_id", "kind", "flags", "settled_at", "alias_id", "is_identified", "session_count", "is_signed_up",
		"signup_timestamp", "session_count_before_signup",
		"first_touch_timestamp", "first_touch_source", "first_touch_medium", "first_touch_campaign",
	}), data: append([]byte(nil), copyHeader...)}
	identifiers := copyBatch{
		into: copyInto(schema, "identifiers", []string{"identifier", "is_user_id", "person_id"}),
		data: append([]byte(nil), copyHeader...),
	}
	flush := func(b *copyBatch, least int) error {
		if len(b.data) < least {
			return nil
		}
		b.data = append(b.data, copyTrailer...)
		err := b.run(ctx, conn.PgConn())
		b.data = append(b.data[:0], copyHeader...)
		return err
	}
	err := w.EachPerson(ctx, func(p *Person) error {
		persons.data = p.appendCopy(persons.data)
		for _, id := range p.AnonymousIDs {
			identifiers.data = appendIdentifier(identifiers.data, id, false, p.ID)
		}
		for _, id := range p.UserIDs {
			identifiers.data = appendIdentifier(identifiers.data, id, true, p.ID)
		}
		return errors.Join(flush(&persons, 1<<20), flush(&identifiers, 1<<20))
	})
	return errors.Join(err, flush(&persons, 0), flush(&identifiers, 0))
}

// appendIdentifier appends one row of identifiers.
func appendIdentifier(b []byte, id string, isUser bool, person string) []byte {
	return appendText(appendBool(appendText(append(b, 0, 3), id), isUser), person)
}

// appendCopy appends the person's row of persons.
func (p *Person) appendCopy(b []byte) []byte {
	b = append(b, 0, 14)
	b = appendText(appendText(b, p.ID), p.Kind)
	flags := p.Flags.String() // NOT NULL: the empty text, not NULL
	b = append(b, 0, 0, 0, byte(len(flags)))
	b = appendInstant(append(b, flags...), p.SettledAt)
	b = appendBool(appendText(b, p.AliasID), p.IsIdentified)
	b = appendBool(appendInt(b, int64(p.Sessions)), p.IsSignedUp)
	if p.IsSignedUp {
		b = appendInt(appendInstant(b, p.SignupAt), int64(p.SessionsBeforeSignup))
	} else {
		b = appendNull(appendNull(b))
	}
	if t := p.FirstTouch; t != nil {
		return appendText(appendText(appendText(appendInstant(b, t.At), t.Source), t.Medium), t.Campaign)
	}
	return appendNull(appendNull(appendNull(appendNull(b))))
}

// personLine is a person as a line of JSON; names are those of the table.
type personLine struct {
	PersonID     string     `json:"person_id"`
	Kind         string     `json:"kind"`
	Flags        string     `json:"flags"`
	SettledAt    time.Time  `json:"settled_at"`
	AliasID      string     `json:"alias_id"`
	IsIdentified bool       `json:"is_identified"`
	AnonymousIDs []string   `json:"anonymous_ids"`
	UserIDs      []string   `json:"user_ids"`
	Sessions     int        `json:"session_count"`
	IsSignedUp   bool       `json:"is_signed_up"`
	SignupAt     *time.Time `json:"signup_timestamp"`
	Before       *int       `json:"session_count_before_signup"`
	TouchAt      *time.Time `json:"first_touch_timestamp"`
	Source       *string    `json:"first_touch_source"`
	Medium       *string    `json:"first_touch_medium"`
	Campaign     *string    `json:"first_touch_campaign"`
}

// WriteTruthFile writes the truth about the whole world as lines of JSON, one a
// person, into dir/truth.jsonl, which gets its name once it is whole.
func (w *World) WriteTruthFile(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("simulate: writing the truth: %w", err)
	}
	out, err := createFile(filepath.Join(dir, "truth.jsonl"), false)
	if err != nil {
		return fmt.Errorf("simulate: writing the truth: %w", err)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := w.EachPerson(ctx, func(p *Person) error { return enc.Encode(p.line()) }); err != nil {
		out.discard()
		return fmt.Errorf("simulate: writing the truth: %w", err)
	}
	return out.finish()
}

// line is the person as it is written.
func (p *Person) line() personLine {
	l := personLine{
		PersonID: p.ID, Kind: p.Kind, Flags: p.Flags.String(), SettledAt: p.SettledAt.Time(),
		AliasID: p.AliasID, IsIdentified: p.IsIdentified, AnonymousIDs: p.AnonymousIDs, UserIDs: p.UserIDs,
		Sessions: p.Sessions, IsSignedUp: p.IsSignedUp,
	}
	if p.IsSignedUp {
		l.SignupAt, l.Before = timeOf(p.SignupAt), &p.SessionsBeforeSignup
	}
	if t := p.FirstTouch; t != nil {
		l.TouchAt = timeOf(t.At)
		l.Source, l.Medium, l.Campaign = textOf(t.Source), textOf(t.Medium), textOf(t.Campaign)
	}
	return l
}

// timeOf is an instant for JSON.
func timeOf(at event.Micros) *time.Time {
	t := at.Time()
	return &t
}

// textOf is a text for JSON: null where it is empty.
func textOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
