package check

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/touch"
)

// maxSharers is how many persons of a shared anonymous_id are named.
const maxSharers = 10

// with is args and more of them.
func with(args pg.Args, more pg.Args) pg.Args {
	all := pg.Args{}
	for _, a := range []pg.Args{args, more} {
		for k, v := range a {
			all[k] = v
		}
	}
	return all
}

// each sends a statement of sql/09_check and calls fn for every row.
func (x *explaining) each(ctx context.Context, file string, args pg.Args, dest []any, fn func()) error {
	rows, err := x.db.Query(ctx, x.tx, "09_check/"+file, pg.Data{}, args)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, dest, func() error { fn(); return nil })
	return err
}

// A nullRow is a RowRef that may be absent, as scanned.
type nullRow struct {
	at         *time.Time
	kind       *int16
	source, id *string
}

func (n *nullRow) dest() []any { return []any{&n.at, &n.kind, &n.source, &n.id} }

func (n *nullRow) ref() *RowRef {
	if n.at == nil {
		return nil
	}
	return &RowRef{At: n.at.UTC(), Kind: event.Kind(*n.kind).String(), Source: *n.source, ID: *n.id}
}

func (x *explaining) readUsers(ctx context.Context) error {
	var id string
	var other *string
	var first, joined nullRow
	dest := append(append([]any{&id}, first.dest()...), &other)
	args := with(x.key, pg.Args{"use_alias_calls": x.settings.UseAlias})
	return x.each(ctx, "110_explain_users.sql", args, append(dest, joined.dest()...), func() {
		x.userIDs = append(x.userIDs, id)
		x.Identifiers = append(x.Identifiers, PersonIdentifier{
			Kind: "user_id", ID: id, Owner: x.Person, First: first.ref(), Joined: joined.ref(), JoinedTo: text(other),
		})
	})
}

func (x *explaining) readAnonymous(ctx context.Context) error {
	var a PersonIdentifier
	var owner event.Person
	var least, mine nullRow
	var leastUser, mineUser *string
	var leastAlias, mineAlias *bool
	dest := []any{&a.ID, &owner.AliasID, &owner.IsIdentified, &a.IsShared, &a.IsCut, &a.Persons, &leastUser, &leastAlias}
	dest = append(append(dest, least.dest()...), &mineUser, &mineAlias)
	use := pg.Args{"use_alias_calls": x.settings.UseAlias}
	err := x.each(ctx, "111_explain_anonymous.sql", with(x.key, use), append(dest, mine.dest()...), func() {
		a.Kind, a.Owner = "anonymous_id", owner.String()
		a.First, a.With = least.ref(), text(leastUser)
		if mine.at != nil {
			a.First, a.With = mine.ref(), text(mineUser)
		}
		if owner == x.person {
			x.anonymousIDs = append(x.anonymousIDs, a.ID)
		}
		x.Identifiers = append(x.Identifiers, a)
	})
	if err != nil || x.person.IsIdentified {
		return err
	}
	var sharer event.Person
	sharer.IsIdentified = true
	use["anonymous_id"], use["limit"] = x.person.AliasID, maxSharers
	return x.each(ctx, "112_explain_sharers.sql", use, []any{&sharer.AliasID}, func() {
		x.sharers = append(x.sharers, sharer.String())
	})
}

func (x *explaining) readChanges(ctx context.Context) error {
	var c IdentityChange
	var isUser bool
	var id string
	var before, after *string
	var wasUser, becameUser bool
	args := with(x.key, pg.Args{"user_ids": notNil(x.userIDs), "anonymous_ids": notNil(x.anonymousIDs)})
	dest := []any{&c.RunID, &c.RecordedAt, &isUser, &id, &before, &wasUser, &after, &becameUser}
	person := func(id *string, isUser bool) string {
		if id == nil {
			return ""
		}
		return event.Person{AliasID: *id, IsIdentified: isUser}.String()
	}
	return x.each(ctx, "113_explain_changes.sql", args, dest, func() {
		c.RecordedAt, c.Identifier = c.RecordedAt.UTC(), person(&id, isUser)
		c.From, c.To = person(before, wasUser), person(after, becameUser)
		x.Changes = append(x.Changes, c)
	})
}

func (x *explaining) readSessions(ctx context.Context) error {
	var s PersonSession
	dest := []any{
		&s.ID, &s.Index, &s.StartedAt, &s.EndedAt, &s.EventCount, &s.PageCount, &s.EntryPage, &s.ExitPage, &s.EntryReferrer,
		&s.Channel, &s.IsPaid, &s.IsSignupSession,
	}
	return x.each(ctx, "120_explain_sessions.sql", x.key, dest, func() {
		s.StartedAt, s.EndedAt = s.StartedAt.UTC(), s.EndedAt.UTC()
		x.Sessions = append(x.Sessions, s)
	})
}

func (x *explaining) readTouches(ctx context.Context) error {
	var t PersonTouch
	dest := []any{
		&t.Position, &t.SessionID, &t.At, &t.Source, &t.Medium, &t.Campaign, &t.Term, &t.Content, &t.Referrer, &t.LandingPage,
		&t.ClickID, &t.Channel, &t.IsPaid,
	}
	return x.each(ctx, "121_explain_touches.sql", x.key, dest, func() {
		t.At = t.At.UTC()
		x.Touches = append(x.Touches, t)
	})
}

func (x *explaining) readSignups(ctx context.Context) error {
	mine := pg.Args{"user_ids": notNil(x.userIDs), "anonymous_ids": notNil(x.anonymousIDs)}
	var s PersonSignup
	err := x.each(ctx, "122_explain_signups.sql", with(mine, pg.Args{"signup": stages.Signup}), []any{&s.At, &s.Source, &s.ID, &s.Event, &s.AnonymousID, &s.UserID}, func() {
		s.At = s.At.UTC()
		x.Signups = append(x.Signups, s)
	})
	if err != nil {
		return err
	}
	return x.each(ctx, "124_explain_outside.sql", mine, []any{&x.ServerCount, &x.Ignored, &x.Bots}, func() {})
}

func (x *explaining) readAttribution(ctx context.Context) error {
	rows, err := x.db.Query(ctx, x.tx, "09_check/123_explain_attribution.sql", pg.Data{}, x.key)
	if err != nil {
		return err
	}
	x.Attribution, err = pgx.CollectOneRow(rows, pgx.RowToMap)
	if errors.Is(err, pgx.ErrNoRows) {
		x.Attribution, err = nil, nil
	}
	return err
}

func (x *explaining) readWaiting(ctx context.Context) error {
	rows, err := x.db.Query(ctx, x.tx, "00_run/140_waiting.sql", pg.Data{}, nil)
	if err != nil {
		return err
	}
	var stage, unit string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&stage, &unit, &n}, func() error { x.waits = x.waits || n > 0; return nil })
	return err
}

// text is "" for NULL.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// touch is the touch as touch.Choose takes it.
func (t PersonTouch) touch() touch.Touch {
	return touch.Touch{
		Position: t.Position, SessionID: t.SessionID, At: event.MicrosOf(t.At), Referrer: t.Referrer, LandingPage: t.LandingPage,
		Evidence: channel.Evidence{
			Source: t.Source, Medium: t.Medium, Campaign: t.Campaign, Term: t.Term, Content: t.Content, ClickID: t.ClickID,
			Channel: t.Channel, IsPaid: t.IsPaid,
		},
	}
}

// personTouch is the touch as touch.Choose gives it.
func personTouch(t touch.Touch) PersonTouch {
	e := t.Evidence
	return PersonTouch{
		Position: t.Position, SessionID: t.SessionID, At: t.At.Time(), Source: e.Source, Medium: e.Medium, Campaign: e.Campaign,
		Term: e.Term, Content: e.Content, Referrer: t.Referrer, LandingPage: t.LandingPage, ClickID: e.ClickID, Channel: e.Channel, IsPaid: e.IsPaid,
	}
}
