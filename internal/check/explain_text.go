package check

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Text prints the explanation for people: 100 columns wide, unless an identifier or a
// URL is longer.
func (e Explanation) Text(w io.Writer) error {
	p := &printer{w: w}
	p.line(e.Person)
	e.printIdentifiers(p)
	e.printChanges(p)
	e.printHistory(p)
	e.printChoice(p)
	e.printCredits(p)
	if len(e.Notes) > 0 {
		p.line("")
		p.line("Notes")
		for _, n := range e.Notes {
			p.paragraph("  - ", "    ", n)
		}
	}
	return p.err
}

func (e Explanation) printIdentifiers(p *printer) {
	if len(e.Identifiers) == 0 {
		return
	}
	p.line("")
	p.line("Identifiers")
	for _, i := range e.Identifiers {
		p.paragraph(fmt.Sprintf("  %-12s  %s: ", i.Kind, i.ID), strings.Repeat(" ", 16), i.words(e.Person))
	}
}

// words say how the identifier came to the person.
func (i PersonIdentifier) words(person string) string {
	var parts []string
	switch {
	case i.First == nil:
		parts = append(parts, "never seen with a user_id")
	case i.Kind == "user_id":
		parts = append(parts, "first seen "+i.First.words())
	case i.Owner == person && !strings.HasPrefix(person, "anon:"):
		parts = append(parts, fmt.Sprintf("joined to user_id %s %s", i.With, i.First.words()))
	default:
		parts = append(parts, fmt.Sprintf("seen with user_id %s %s", i.With, i.First.words()))
	}
	if i.Joined != nil {
		parts = append(parts, fmt.Sprintf("joined to user_id %s %s", i.JoinedTo, i.Joined.words()))
	}
	if i.Owner != person {
		parts = append(parts, "its events without a user_id belong to "+i.Owner)
	}
	if i.Persons > 1 {
		parts = append(parts, fmt.Sprintf("seen with %d persons", i.Persons))
	}
	return joined(parts)
}

// words are "2024-03-09 12:00:00 UTC by a page call (website, id p3)".
func (r RowRef) words() string {
	article := "a"
	if strings.ContainsAny(r.Kind[:1], "aeiou") {
		article = "an"
	}
	return fmt.Sprintf("%s by %s %s call (%s, id %s)", shown(r.At), article, r.Kind, r.Source, r.ID)
}

func (e Explanation) printChanges(p *printer) {
	if len(e.Changes) == 0 {
		return
	}
	p.line("")
	p.line("Journal of who is who")
	for _, c := range e.Changes {
		text := fmt.Sprintf("%s moved from %s to %s", c.Identifier, c.From, c.To)
		switch {
		case c.From == "":
			text = fmt.Sprintf("%s was new, as %s", c.Identifier, c.To)
		case c.To == "":
			text = fmt.Sprintf("%s left %s: no row names it any more", c.Identifier, c.From)
		}
		p.paragraph(fmt.Sprintf("  %s, run %d: ", shown(c.RecordedAt), c.RunID), "    ", text)
	}
}

// A moment is one line of the history.
type moment struct {
	at    time.Time
	rank  int // among those of one instant
	lines []string
}

func (e Explanation) printHistory(p *printer) {
	all := e.moments()
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line("History (UTC)")
	stamp := func(m moment) string { return strings.TrimSuffix(shown(m.at), " UTC") }
	stamps := 0
	for _, m := range all {
		stamps = max(stamps, len(stamp(m)))
	}
	indent := strings.Repeat(" ", stamps+6)
	for _, m := range all {
		first := fmt.Sprintf("  %-*s  ", stamps, stamp(m))
		for _, text := range m.lines {
			p.paragraph(first, indent+"  ", text)
			first = indent
		}
	}
}

// moments are what happened, in time order.
func (e Explanation) moments() []moment {
	var all []moment
	for _, i := range e.Identifiers {
		switch {
		case i.Kind == "user_id" && i.Joined != nil:
			all = append(all, moment{i.Joined.At, 0, []string{fmt.Sprintf("user_id %s is joined to user_id %s", i.ID, i.JoinedTo)}})
		case i.Kind == "anonymous_id" && i.First != nil && i.Owner == e.Person && e.IsIdentified:
			all = append(all, moment{i.First.At, 0, []string{fmt.Sprintf("anonymous_id %s is joined to user_id %s", i.ID, i.With)}})
		}
	}
	entries := map[string]string{}
	for _, s := range e.Sessions {
		entries[s.ID] = s.EntryPage
		all = append(all, moment{s.StartedAt, 1, s.lines()})
	}
	for _, t := range e.Touches {
		lines := []string{fmt.Sprintf("touch %d: %s", t.Position, t.words())}
		if t.LandingPage != "" && t.LandingPage != entries[t.SessionID] {
			lines = append(lines, "landed on "+t.LandingPage)
		}
		if t.Referrer != "" {
			lines = append(lines, "referred by "+t.Referrer)
		}
		all = append(all, moment{t.At, 2, lines})
	}
	for i, s := range e.Signups {
		name := "SIGNUP"
		if i > 0 {
			name = "signed up again"
		}
		all = append(all, moment{s.At, 3, []string{fmt.Sprintf("%s: track %s (%s, id %s)", name, s.Event, s.Source, s.ID)}})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank)) })
	return all
}

func (s PersonSession) lines() []string {
	text := fmt.Sprintf("session %d, %s: %s, %s", s.Index, lasting(s.EndedAt.Sub(s.StartedAt)), plural(s.EventCount, "event"), plural(s.PageCount, "page"))
	if s.IsSignupSession {
		text += ", the signup session"
	}
	lines := []string{text}
	if s.EntryPage != "" {
		lines = append(lines, "entered on "+s.EntryPage)
	}
	if s.ExitPage != s.EntryPage {
		lines = append(lines, "left from "+s.ExitPage)
	}
	return lines
}

// lasting is how long a session was: "1h5m", "3m20s".
func lasting(d time.Duration) string {
	if d == 0 {
		return "one instant"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// words are "google / cpc, campaign spring, Paid Search, paid".
func (t PersonTouch) words() string {
	name := func(s string) string { return cmp.Or(s, "-") }
	parts := []string{name(t.Source) + " / " + name(t.Medium)}
	for _, f := range []struct{ name, value string }{
		{"campaign", t.Campaign}, {"term", t.Term}, {"content", t.Content},
	} {
		if f.value != "" {
			parts = append(parts, f.name+" "+f.value)
		}
	}
	if t.ClickID != "" {
		parts = append(parts, "with a "+t.ClickID)
	}
	parts = append(parts, t.Channel)
	if t.IsPaid {
		parts = append(parts, "paid")
	}
	return strings.Join(parts, ", ")
}

// choiceNames are the four touches as people call them.
var choiceNames = map[string]string{
	"first_touch": "First touch", "last_touch": "Last touch",
	"first_attributed_touch": "First paid touch", "last_attributed_touch": "Last paid touch",
}

func (e Explanation) printChoice(p *printer) {
	if len(e.Choice) == 0 {
		return
	}
	p.line("")
	p.line("Why these touches")
	for _, c := range e.Choice {
		text := c.Reason
		switch {
		case c.Touch == nil:
		case c.Touch.Position == 0:
			text = fmt.Sprintf("%s, %s. It is %s.", shown(c.Touch.At), c.Touch.words(), c.Reason)
		default:
			text = fmt.Sprintf("touch %d, %s, %s. It is %s.", c.Touch.Position, shown(c.Touch.At), c.Touch.words(), c.Reason)
		}
		p.paragraph(fmt.Sprintf("  %-18s", choiceNames[c.Name]+":"), strings.Repeat(" ", 20), text)
	}
	switch {
	case e.Attribution == nil:
	case len(e.Disagreements) == 0:
		p.paragraph("  ", "  ", fmt.Sprintf("The published row agrees: these touches, signup at %s, %v sessions begun by then.",
			shown(e.Attribution["signup_timestamp"]), e.Attribution["session_count_before_signup"]))
	default:
		p.line("  The published row DISAGREES:")
		for _, d := range e.Disagreements {
			p.paragraph("    - ", "      ", d)
		}
	}
}
