package check

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/touch"
)

// An Explanation is everything known of one person, each list in time order.
type Explanation struct {
	Person       string `json:"person"` // user:ID or anon:ID
	AliasID      string `json:"alias_id"`
	IsIdentified bool   `json:"is_identified"`

	Identifiers []PersonIdentifier `json:"identifiers"`
	Changes     []IdentityChange   `json:"changes"`
	Sessions    []PersonSession    `json:"sessions"`
	Touches     []PersonTouch      `json:"touches"`
	Signups     []PersonSignup     `json:"signups"` // the first one is the signup
	ServerCount int64              `json:"server_count"`
	Ignored     int64              `json:"ignored_count"`
	Bots        int64              `json:"bot_count"` // events of crawlers that are left out

	// Choice is what touch.Choose chose of the published sessions and touches: first,
	// last, first paid and last paid touch. Empty without a signup.
	Choice []ChosenTouch `json:"choice"`
	// Attribution is the published row by column; nil where there is none.
	Attribution map[string]any `json:"attribution"`
	// Conversions are the published ones, with who earns them by every model.
	Conversions []PersonConversion `json:"conversions"`
	// Disagreements say where the published row is not what was chosen here.
	Disagreements []string `json:"disagreements"`
	// Notes say in words what a reader may wonder about.
	Notes []string `json:"notes"`
}

// A RowRef names a row at the source.
type RowRef struct {
	At     time.Time `json:"at"`   // event time
	Kind   string    `json:"kind"` // page, screen, track, identify or alias
	Source string    `json:"source"`
	ID     string    `json:"id"`
}

// A PersonIdentifier is an identifier of the person, or an anonymous_id its users
// were seen with that belongs to someone else.
type PersonIdentifier struct {
	Kind  string `json:"kind"` // user_id or anonymous_id
	ID    string `json:"id"`
	Owner string `json:"owner"` // the person its events without a user_id belong to; of a user_id, the person

	// First is the least row naming a user_id; of an anonymous_id the least one that
	// joins it to the person. Nil where there is none.
	First *RowRef `json:"first,omitempty"`
	With  string  `json:"with,omitempty"` // the user_id on that row, of an anonymous_id

	// Joined is the least alias call that joins a user_id to another of the person's,
	// JoinedTo; nil for the root and where anonymous_ids join them.
	Joined   *RowRef `json:"joined,omitempty"`
	JoinedTo string  `json:"joined_to,omitempty"`

	IsShared bool  `json:"is_shared,omitempty"` // with more persons than one anonymous_id may have
	IsCut    bool  `json:"is_cut,omitempty"`    // its component is too large
	Persons  int32 `json:"persons,omitempty"`   // that were seen with it
}

// An IdentityChange is an entry of the journal aliases.changes.
type IdentityChange struct {
	RunID      int64     `json:"run_id"`
	RecordedAt time.Time `json:"recorded_at"`
	Identifier string    `json:"identifier"` // user:ID or anon:ID
	From       string    `json:"from"`       // the person; empty for a user_id never seen before
	To         string    `json:"to"`         // the person; empty for a user_id of which no row is left
}

// A PersonSession is a published session.
type PersonSession struct {
	ID              string    `json:"session_id"`
	Index           int32     `json:"session_index"`
	StartedAt       time.Time `json:"started_at"`
	EndedAt         time.Time `json:"ended_at"`
	EventCount      int64     `json:"event_count"`
	PageCount       int64     `json:"page_count"`
	EntryPage       string    `json:"entry_page"`
	ExitPage        string    `json:"exit_page"`
	EntryReferrer   string    `json:"entry_referrer"`
	Channel         string    `json:"channel"`
	IsPaid          bool      `json:"is_paid"`
	IsSignupSession bool      `json:"is_signup_session"`
}

// A PersonTouch is a touch.
type PersonTouch struct {
	Position    int       `json:"position"` // 0: made up, see touch.Choose
	SessionID   string    `json:"session_id"`
	At          time.Time `json:"touched_at"`
	Source      string    `json:"source"`
	Medium      string    `json:"medium"`
	Campaign    string    `json:"campaign"`
	Term        string    `json:"term"`
	Content     string    `json:"content"`
	Referrer    string    `json:"referrer"`
	LandingPage string    `json:"landing_page"`
	ClickID     string    `json:"click_id"`
	Channel     string    `json:"channel"`
	IsPaid      bool      `json:"is_paid"`
}

// A PersonSignup is a signup event.
type PersonSignup struct {
	At          time.Time `json:"at"`
	Source      string    `json:"source"`
	ID          string    `json:"id"`
	Event       string    `json:"event"`
	AnonymousID string    `json:"anonymous_id"`
	UserID      string    `json:"user_id"`
}

// A ChosenTouch is one of the four touches and, in words, why it.
type ChosenTouch struct {
	Name   string       `json:"name"`   // first_touch, last_touch, first_attributed_touch, last_attributed_touch
	Touch  *PersonTouch `json:"touch"`  // nil: none qualifies
	Reason string       `json:"reason"` // as touch.Choose gives it
}

// Explain gathers everything known of the person, and lets touch.Choose say which of
// its published touches earn the signup and why. Of a person nobody ever saw it
// returns a note that says so.
func Explain(ctx context.Context, db *pg.DB, s stages.Settings, p event.Person) (Explanation, error) {
	x := explaining{
		db: db, settings: s, person: p, key: pg.Args{"alias_id": p.AliasID, "is_identified": p.IsIdentified},
		Explanation: Explanation{
			Person: p.String(), AliasID: p.AliasID, IsIdentified: p.IsIdentified,
			// Empty lists rather than null for readers of JSON.
			Identifiers: []PersonIdentifier{}, Changes: []IdentityChange{}, Sessions: []PersonSession{}, Touches: []PersonTouch{},
			Signups: []PersonSignup{}, Choice: []ChosenTouch{}, Conversions: []PersonConversion{}, Disagreements: []string{}, Notes: []string{},
		},
	}
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return x.Explanation, fmt.Errorf("explain %s: %w", p, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing was written
	x.tx = tx
	for _, read := range []func(context.Context) error{
		x.readUsers, x.readAnonymous, x.readChanges, x.readSessions, x.readTouches, x.readSignups, x.readAttribution, x.readCredits, x.readWaiting,
	} {
		if err := read(ctx); err != nil {
			return x.Explanation, fmt.Errorf("explain %s: %w", p, err)
		}
	}
	x.choose()
	x.wonder()
	return x.Explanation, nil
}

// explaining is one use of Explain.
type explaining struct {
	Explanation
	db       *pg.DB
	tx       pgx.Tx
	settings stages.Settings
	person   event.Person
	key      pg.Args

	userIDs, anonymousIDs []string // whose events are the person's
	sharers               []string // the persons a shared anonymous_id was seen with
	waits                 bool
}

// note adds a sentence.
func (x *explaining) note(format string, args ...any) {
	x.Notes = append(x.Notes, fmt.Sprintf(format, args...))
}

// choose asks touch.Choose, and compares the published row with what it says.
func (x *explaining) choose() {
	if len(x.Signups) == 0 {
		return
	}
	sessions := make([]touch.Session, len(x.Sessions))
	for i, s := range x.Sessions {
		sessions[i] = touch.Session{ID: s.ID, StartedAt: event.MicrosOf(s.StartedAt), EntryPage: s.EntryPage}
	}
	touches := make([]touch.Touch, len(x.Touches))
	for i, t := range x.Touches {
		touches[i] = t.touch()
	}
	signup := event.MicrosOf(x.Signups[0].At)
	c := touch.Choose(sessions, touches, signup, x.settings.Lookback, x.settings.Rules)
	for _, four := range []struct {
		name   string
		picked touch.Picked
	}{
		{"first_touch", c.First}, {"last_touch", c.Last}, {"first_attributed_touch", c.FirstPaid}, {"last_attributed_touch", c.LastPaid},
	} {
		chosen := ChosenTouch{Name: four.name, Reason: four.picked.Reason}
		if four.picked.Touch != nil {
			t := personTouch(*four.picked.Touch)
			chosen.Touch = &t
		}
		x.Choice = append(x.Choice, chosen)
	}
	if x.Attribution != nil {
		x.compare()
	}
}

// compare notes where the published row is not what was chosen.
func (x *explaining) compare() {
	before := int32(0)
	for _, s := range x.Sessions {
		if !s.StartedAt.After(x.Signups[0].At) {
			before++
		}
	}
	x.expect("signup_timestamp", x.Signups[0].At)
	x.expect("session_count_before_signup", before)
	for _, c := range x.Choice {
		var t PersonTouch
		at := any(nil)
		if c.Touch != nil {
			t, at = *c.Touch, c.Touch.At
		}
		x.expect(c.Name+"_timestamp", at)
		for _, f := range []struct{ field, value string }{
			{"source", t.Source},
			{"medium", t.Medium},
			{"campaign", t.Campaign},
			{"referrer", t.Referrer},
			{"channel", t.Channel},
			{"landing_page", t.LandingPage},
		} {
			value := any(nil)
			if f.value != "" {
				value = f.value
			}
			x.expect(c.Name+"_"+f.field, value)
		}
	}
}

// expect compares one column of the published row.
func (x *explaining) expect(column string, want any) {
	if have := shown(x.Attribution[column]); have != shown(want) {
		x.Disagreements = append(x.Disagreements, fmt.Sprintf("%s is %s, chosen was %s", column, have, shown(want)))
	}
}

// shown is a value as people read it.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return v.UTC().Format(timeLayout)
	default:
		return fmt.Sprint(v)
	}
}
