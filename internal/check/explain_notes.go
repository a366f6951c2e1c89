package check

import (
	"fmt"
	"slices"
	"strings"
)

// wonder answers what a reader of the explanation may ask.
func (x *explaining) wonder() {
	if x.unknown() {
		x.note("Nothing is known of %s: no event, no identity row and no published row bears it.", x.Person)
		return
	}
	x.wonderWho()
	x.wonderSessions()
	if len(x.Signups) == 0 {
		x.note("Has not signed up: none of the tracks of this person is named in signup_events (%s).", strings.Join(x.settings.SignupEvents, ", "))
	} else {
		x.wonderSignup()
		x.wonderPaid()
	}
	if x.waits {
		x.note("Work waits in this database, so what is published may be behind what was taken in: run \"attribution run\".")
	}
}

func (x *explaining) unknown() bool {
	return len(x.Sessions)+len(x.Touches)+len(x.Signups)+len(x.Changes) == 0 && x.ServerCount+x.Ignored+x.Bots == 0 && x.Attribution == nil &&
		!slices.ContainsFunc(x.Identifiers, func(i PersonIdentifier) bool { return i.First != nil })
}

// wonderWho explains identifiers that do not belong where one would look for them.
func (x *explaining) wonderWho() {
	for _, i := range x.Identifiers {
		switch {
		case i.Kind == "user_id" && i.ID != x.AliasID && i.Joined == nil:
			x.note("user_id %s is of this person by an anonymous_id the two were seen with (identity.policy: %s).", i.ID, x.settings.Identity.Policy)
		case i.Kind == "user_id":
		case i.IsShared:
			text := fmt.Sprintf("anonymous_id %s is shared: it was seen with %d persons, more than identity.max_users_per_anonymous_id (%d), so its events without a user_id are a person of their own, %s.",
				i.ID, i.Persons, x.settings.Identity.MaxUsersPerAnonymousID, i.Owner)
			if len(x.sharers) > 0 {
				text += " Seen with " + strings.Join(x.sharers, ", ")
				if int(i.Persons) > len(x.sharers) {
					text += fmt.Sprintf(" and %d more", int(i.Persons)-len(x.sharers))
				}
				text += "."
			}
			x.note("%s", text)
		case i.IsCut:
			x.note("anonymous_id %s lost its edges: what they connect has more identifiers than identity.max_component_size (%d), so it is a person of its own, %s.",
				i.ID, x.settings.Identity.MaxComponentSize, i.Owner)
		case i.Owner != x.Person && x.IsIdentified:
			x.note("anonymous_id %s belongs to %s, who was seen with it first; only its events that carry a user_id of %s are in this explanation.",
				i.ID, i.Owner, x.Person)
		case i.Owner != x.Person:
			x.note("%s is no person: the anonymous_id belongs to %s. See \"attribution explain %s\".", x.Person, i.Owner, i.Owner)
		}
	}
}

func (x *explaining) wonderSessions() {
	var outside []string
	if x.ServerCount > 0 {
		outside = append(outside, plural(x.ServerCount, "server event")+" (with a user_id, no anonymous_id and no page URL)")
	}
	if x.Ignored > 0 {
		outside = append(outside, plural(x.Ignored, "event")+" named in ignore_events")
	}
	if x.Bots > 0 {
		outside = append(outside, plural(x.Bots, "event")+" of a crawler")
	}
	if len(outside) > 0 {
		x.note("In no session: %s.", strings.Join(outside, " and "))
	}
	if len(x.Sessions) == 0 {
		x.note("No session: no event of this person is activity on a device, so there are no touches either.")
	}
}

// wonderSignup explains the signup and its session, or why there is none.
func (x *explaining) wonderSignup() {
	signup := x.Signups[0]
	if n := len(x.Signups) - 1; n > 0 {
		x.note("%s after the first changed nothing: the first one counts.", plural(int64(n), "signup event"))
	}
	if signup.AnonymousID == "" {
		x.note("The signup event carries no anonymous_id, as events of a back end do: unless it has a page URL it neither opens nor extends a session.")
	}
	if x.Attribution == nil {
		x.note("There is no row of attribution yet: this signup has not been published.")
	}
	if slices.ContainsFunc(x.Sessions, func(s PersonSession) bool { return s.IsSignupSession }) || len(x.Sessions) == 0 {
		return
	}
	var last *PersonSession
	for i := range x.Sessions {
		if !x.Sessions[i].StartedAt.After(signup.At) {
			last = &x.Sessions[i]
		}
	}
	switch {
	case last == nil:
		x.note("No signup session: the first session began after the signup, at %s.", shown(x.Sessions[0].StartedAt))
	case signup.At.Sub(last.EndedAt) > x.settings.Gap:
		x.note("No signup session: session %d, the last before the signup, had ended %s before it, more than session_gap (%s).",
			last.Index, lasting(signup.At.Sub(last.EndedAt)), lasting(x.settings.Gap))
	default:
		x.note("Session %d holds the signup but is not published as the signup session.", last.Index)
	}
}

// wonderPaid says which paid touches there are that did not count.
func (x *explaining) wonderPaid() {
	if len(x.Choice) < 3 || x.Choice[2].Touch != nil {
		return
	}
	signup := x.Signups[0].At
	var after, old []string
	for _, t := range x.Touches {
		switch place := fmt.Sprint(t.Position); {
		case !t.IsPaid:
		case t.At.After(signup):
			after = append(after, place)
		default:
			old = append(old, place)
		}
	}
	if len(after) > 0 {
		x.note("No paid touch counts: touch %s was paid, but after the signup.", strings.Join(after, ", "))
	}
	if len(old) > 0 {
		x.note("No paid touch counts: touch %s was paid, but longer before the signup than lookback (%s).", strings.Join(old, ", "), lasting(x.settings.Lookback))
	}
	if len(after)+len(old) == 0 && len(x.Touches) > 0 {
		x.note("No touch of this person was paid: the attributed touches are NULL, never the unpaid ones.")
	}
}
