package simulate

import (
	"context"
	"strconv"

	"github.com/attribution-dev/attribution/internal/event"
)

// A Person is the truth about one simulated person, as the world had it.
type Person struct {
	ID   string // p17, or p17.2 for the second member of unit 17
	Kind string // visitor, customer, family, kiosk or bot

	// Flags say why the rows cannot show this truth; 0 where they must.
	Flags Flag
	// SettledAt is the load time from which on they must: later rows change nothing
	// of what is said here.
	SettledAt event.Micros

	AnonymousIDs []string
	UserIDs      []string
	// AliasID is the person's key by the rules: the user_id first seen, else the
	// anonymous_id.
	AliasID      string
	IsIdentified bool

	Sessions             int // in all
	IsSignedUp           bool
	SignupAt             event.Micros // of the first signup, where there is one
	SessionsBeforeSignup int          // begun at or before the signup
	FirstTouch           *Touch       // the earliest at or before the signup, or of all; nil without any
}

// A Touch is where a person came from at some moment. The empty string is NULL.
type Touch struct {
	At                       event.Micros
	Source, Medium, Campaign string
}

// EachPerson hands out the truth about every person, by unit. It reads the choices
// the world was made of, not its rows. The person is valid only during the call.
func (w *World) EachPerson(ctx context.Context, do func(*Person) error) error {
	g := newGenerator(w)
	for unit := range uint32(w.Units()) {
		if unit%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		l := g.live(unit)
		for member := range l.members {
			p := g.person(l, uint8(member))
			if p.Sessions == 0 && !p.IsSignedUp { // the world ended before
				continue
			}
			if err := do(&p); err != nil {
				return err
			}
		}
	}
	return nil
}

// person is the truth about one member of a unit.
func (g *generator) person(l *life, who uint8) Person {
	c := &g.w.calendar
	p := Person{
		ID:    "p" + strconv.Itoa(int(l.unit)),
		Kind:  unitKinds[l.kind],
		Flags: l.members[who].flags,
	}
	if len(l.members) > 1 {
		p.ID += "." + strconv.Itoa(int(who)+1)
	}
	signup, ok := l.firstSignup(who)
	var settled int64
	var used, linked uint32
	for i := range l.sessions {
		s := &l.sessions[i]
		if s.member != who {
			continue
		}
		loaded := s.loadedBy(c)
		p.IsIdentified = p.IsIdentified || s.userFrom != none || s.isServer
		if s.isServer {
			if s.start == signup {
				settled = max(settled, loaded)
			}
			continue
		}
		p.Sessions++
		if !ok || s.start <= signup {
			p.SessionsBeforeSignup++
			settled = max(settled, loaded)
			if t := s.firstTouch(signup, ok); p.FirstTouch == nil || t.At < p.FirstTouch.At {
				p.FirstTouch = &t
			}
			used |= 1<<s.device | 1<<s.otherDevice()
		}
		// The first session that links a device settles whose it is.
		if fresh := s.links() &^ linked; fresh != 0 {
			linked |= fresh
			if fresh&used != 0 {
				settled = max(settled, loaded)
			}
		}
	}
	if !ok {
		p.SessionsBeforeSignup = 0
	}
	p.IsSignedUp, p.SignupAt = ok, event.Micros(signup*1000)
	p.SettledAt = event.Micros(settled * 1000)
	if settled >= c.end {
		p.Flags |= NotLoaded
	}
	g.identify(l, who, &p)
	return p
}

// identify fills the identifiers of a person.
func (g *generator) identify(l *life, who uint8, p *Person) {
	var used uint32
	for i := range l.sessions {
		if s := &l.sessions[i]; s.member == who && !s.isServer {
			used |= 1<<s.device | 1<<s.otherDevice()
		}
	}
	for d := range l.devices {
		if used&(1<<d) != 0 {
			p.AnonymousIDs = append(p.AnonymousIDs, g.anonymousID(l.unit, uint8(d)))
		}
	}
	if !p.IsIdentified {
		if len(p.AnonymousIDs) > 0 {
			p.AliasID = p.AnonymousIDs[0]
		}
		return
	}
	p.UserIDs = append(p.UserIDs, g.userID(l.unit, who, 0))
	p.AliasID = p.UserIDs[0]
	if l.members[who].isRenamed {
		p.UserIDs = append(p.UserIDs, g.userID(l.unit, who, 1))
	}
}

// otherDevice is the device switched to, or the session's own.
func (s *session) otherDevice() uint8 {
	if s.switchAt != none {
		return s.second
	}
	return s.device
}

// links are the devices, as bits, of which the session has a row with both
// identifiers.
func (s *session) links() uint32 {
	if s.userFrom == none || s.isServer {
		return 0
	}
	return 1<<s.deviceAt(int(s.userFrom)) | 1<<s.deviceAt(int(s.events)-1)
}

// firstSignup is the time of a member's first signup.
func (l *life) firstSignup(who uint8) (at int64, ok bool) {
	for i := range l.sessions {
		s := &l.sessions[i]
		if s.member != who || s.signupAt == none {
			continue
		}
		if t := s.at(int(s.signupAt)); !ok || t < at {
			at, ok = t, true
		}
	}
	return at, ok
}

// firstTouch is the earliest touch of the session at or before the signup, if there
// is one. What was chosen for the session decides: tags or a referrer at its first
// event; a newsletter opened in its middle; else direct at its first event.
func (s *session) firstTouch(signup int64, signedUp bool) Touch {
	c := &causes[s.origin.cause]
	first := Touch{At: event.Micros(s.start * 1000), Source: "(direct)", Medium: "(none)"}
	switch {
	case c.isTagged():
		first.Source, first.Medium, first.Campaign = c.source, c.medium, s.origin.campaignName()
	case c.refSource != "":
		first.Source, first.Medium = c.refSource, c.refMedium
	case s.middleAt != none:
		// Direct never competes with evidence inside one session.
		if at := s.at(int(s.middleAt)); !signedUp || at <= signup {
			m := &causes[s.middle.cause]
			return Touch{At: event.Micros(at * 1000), Source: m.source, Medium: m.medium, Campaign: s.middle.campaignName()}
		}
	}
	return first
}
