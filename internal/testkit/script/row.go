package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// defaultSource is the schema of a row that names none.
const defaultSource = "website"

// rowColumns are the columns that a key of a row sets.
var rowColumns = map[string]string{
	"anon": "anonymous_id", "user": "user_id", "previous": "previous_id", "id": "id",
	"url": "context_page_url", "ref": "context_page_referrer", "page.url": "url", "page.ref": "referrer",
	"event": "event_text", "slug": "event", "received": "received_at", "agent": "context_user_agent", "timestamp": "timestamp",
	"campaign.source": "context_campaign_source", "campaign.medium": "context_campaign_medium", "campaign.name": "context_campaign_name",
	"campaign.term": "context_campaign_term", "campaign.content": "context_campaign_content",
}

// row reads a line of a load block.
func (p *parser) row(words []token) error {
	at, err := parseTime(words[0].text, p.day)
	if err != nil {
		return atToken(words[0], "%w", err)
	}
	if len(words) < 2 {
		return errors.New("want: time, kind, then key=value")
	}
	kinds := event.Kinds()
	i := slices.IndexFunc(kinds, func(k event.Kind) bool { return k.String() == words[1].text })
	if i < 0 {
		return atToken(words[1], "%q is no kind of row; there are page, screen, track, identify, alias", words[1].text)
	}
	p.rows++
	r := Row{Line: p.line, Source: defaultSource, Kind: kinds[i], Values: map[string]string{
		"id": fmt.Sprintf("r%04d", p.rows), "received_at": formatTime(at), "timestamp": formatTime(at),
	}}
	seen := map[string]bool{}
	for _, w := range words[2:] {
		key, text, ok := strings.Cut(w.text, "=")
		if !ok {
			return atToken(w, "%q is not key=value", w.text)
		}
		if seen[key] {
			return atToken(w, "%s twice", key)
		}
		seen[key] = true
		if err := r.put(key, text, seen, p.day); err != nil {
			return atToken(w, "%w", err)
		}
	}
	p.night().Rows = append(p.night().Rows, r)
	return nil
}

// put sets what the key stands for. Seen are the keys of the row so far.
func (r *Row) put(key, text string, seen map[string]bool, day time.Time) error {
	value, isNull, err := parseValue(text)
	if err != nil {
		return err
	}
	if key == "source" {
		if isNull || value == "" || len(value) > 63 {
			return errors.New("source is the name of a schema")
		}
		r.Source = value
		return nil
	}
	column, ok := rowColumns[key]
	if !ok || !slices.Contains(world.TableColumns(r.Kind), column) {
		return fmt.Errorf("a row of kind %s has no %q", r.Kind, key)
	}
	switch {
	case isNull && key == "received":
		return errors.New("received is needed: without it the row is on no night")
	case isNull:
		delete(r.Values, column)
		return nil
	case key == "timestamp" && (value == "infinity" || value == "-infinity"):
	case key == "timestamp" || key == "received":
		at, err := parseTime(value, day)
		if err != nil {
			return err
		}
		value = formatTime(at)
	case key == "event" && !seen["slug"]:
		r.Values["event"] = slug(value)
	}
	r.Values[column] = value
	return nil
}

// slug is the name of a track as Segment makes a table's of it: "Signed Up" is
// signed_up.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "_")
}

// rowTime is how rows hold times.
const rowTime = "2006-01-02T15:04:05.000000Z"

func formatTime(t time.Time) string { return t.UTC().Format(rowTime) }

// The clock of a night when none is written, and how far apart nights are.
const (
	nightHour  = 27 * time.Hour // of the day of the last received_at: 03:00 of the next
	nightStep  = 24 * time.Hour
	nightLeast = time.Hour
	loadedAgo  = time.Minute // before the clock
)

// beginNight ends the night before and begins one, at the time if one is given.
func (p *parser) beginNight(words []token) error {
	if err := p.endNight(); err != nil {
		return err
	}
	n := Night{Line: p.line}
	if len(words) > 1 {
		return atToken(words[1], "want: night [time]")
	}
	if len(words) == 1 {
		at, err := parseTime(words[0].text, p.day)
		if err != nil {
			return atToken(words[0], "%w", err)
		}
		n.At = at
	}
	c := &p.cases[len(p.cases)-1]
	c.Nights = append(c.Nights, n)
	return nil
}

// endNight settles the night's clock and when its rows were loaded.
func (p *parser) endNight() error {
	nights := p.cases[len(p.cases)-1].Nights
	n := p.night()
	last := p.day
	for i, r := range n.Rows {
		at, err := time.Parse(rowTime, r.Values["received_at"])
		if err != nil {
			return misplaced{error: err, line: r.Line}
		}
		if i == 0 || at.After(last) {
			last = at
		}
		if !n.At.IsZero() && !at.Before(n.At.Add(-loadedAgo)) {
			return misplaced{error: fmt.Errorf("received %s, not before the night's run at %s", showTime(at), showTime(n.At)), line: r.Line}
		}
	}
	explicit := !n.At.IsZero()
	if !explicit {
		n.At = last.Truncate(nightStep).Add(nightHour)
	}
	if len(nights) > 1 {
		before := nights[len(nights)-2].At
		switch {
		case explicit && n.At.Before(before.Add(nightLeast)):
			return misplaced{error: fmt.Errorf("the night of %s is not an hour after the one of %s", showTime(n.At), showTime(before)), line: n.Line}
		case !explicit && n.At.Before(before.Add(nightStep)):
			n.At = before.Add(nightStep)
		}
	}
	for _, r := range n.Rows {
		r.Values["uuid_ts"] = formatTime(n.At.Add(-loadedAgo))
	}
	return nil
}
