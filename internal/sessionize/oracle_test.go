package sessionize_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

const gap = sessionize.DefaultGap

// start is an arbitrary instant that the tests count from.
var start = event.MicrosOf(time.Date(2024, 2, 29, 23, 50, 0, 0, time.UTC))

// naive sessionizes events the way the words define a session, all at once: sort,
// split where the gap is exceeded, and look through each part for every mark.
func naive(events []sessionize.Activity, gap time.Duration) []sessionize.Visit {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b sessionize.Activity) int { return a.Compare(b.Order) })
	var out []sessionize.Visit
	for begin := 0; begin < len(events); {
		end := begin + 1
		for end < len(events) && time.Duration(events[end].At-events[end-1].At)*time.Microsecond <= gap {
			end++
		}
		out = append(out, naiveVisit(events[begin:end]))
		begin = end
	}
	return out
}

func naiveVisit(events []sessionize.Activity) sessionize.Visit {
	v := sessionize.Visit{Start: events[0].At, End: events[len(events)-1].At, Events: int64(len(events)), First: mark(events[0])}
	for _, e := range events {
		if e.Kind == event.Page {
			v.Pages++
		}
		if e.IsBot {
			v.Bots++
		}
		if e.URL != "" {
			if v.Entry.Kind == 0 {
				v.Entry = mark(e)
			}
			v.Exit = mark(e)
		}
		if e.URL != "" && e.IsBlog && v.Blog.Kind == 0 {
			v.Blog = mark(e)
		}
		if e.Tags == (channel.Tags{}) || slices.ContainsFunc(v.TagSets, func(s sessionize.TagSet) bool { return s.Tags == e.Tags }) {
			continue
		}
		v.TagSets = append(v.TagSets, sessionize.TagSet{Tags: e.Tags, Mark: mark(e)})
	}
	if len(v.TagSets) > 100 {
		v.TagSets, v.MoreTags = v.TagSets[:100], true
	}
	return v
}

func mark(e sessionize.Activity) sessionize.Mark {
	return sessionize.Mark{Order: e.Order, URL: e.URL, Referrer: e.Referrer, Tagged: e.Tags != channel.Tags{}}
}

// singles is every event as a visit of its own, sorted but not merged.
func singles(events []sessionize.Activity) []sessionize.Visit {
	out := make([]sessionize.Visit, len(events))
	for i, e := range events {
		out[i] = of(e)
	}
	slices.SortStableFunc(out, func(a, b sessionize.Visit) int { return int(a.Start - b.Start) })
	return out
}

// plain makes lists comparable: no tag sets are none, whatever kind of none.
func plain(visits []sessionize.Visit) []sessionize.Visit {
	if len(visits) == 0 {
		return nil
	}
	out := slices.Clone(visits)
	for i := range out {
		if len(out[i].TagSets) == 0 {
			out[i].TagSets = nil
		}
	}
	return out
}

// deep copies a list with the tag sets, also those beyond their length.
func deep(visits []sessionize.Visit) []sessionize.Visit {
	out := slices.Clone(visits)
	for i := range out {
		out[i].TagSets = slices.Clone(out[i].TagSets[:cap(out[i].TagSets)])[:len(out[i].TagSets)]
	}
	return out
}

// A maker makes events that are close to each other, to the gap, and in ties.
type maker struct {
	*rand.Rand
	palette int // distinct sets of tags there are
	made    int
}

func newMaker(seed uint64, palette int) *maker {
	return &maker{Rand: rand.New(rand.NewPCG(seed, 7)), palette: palette}
}

var steps = []time.Duration{
	0, 0, time.Microsecond, time.Second, 5 * time.Minute, gap - time.Microsecond, gap, gap, gap + time.Microsecond, 25 * time.Minute, 40 * time.Minute,
}

// events makes n events, each of its own order key, in random order.
func (m *maker) events(n int) []sessionize.Activity {
	at := start
	out := make([]sessionize.Activity, n)
	for i := range out {
		at = at.Add(steps[m.IntN(len(steps))])
		out[i] = m.event(at)
	}
	m.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (m *maker) event(at event.Micros) sessionize.Activity {
	m.made++
	e := sessionize.Activity{Order: event.Order{
		At: at, Kind: event.Kind(1 + m.IntN(3)), ReceivedAt: at.Add(time.Duration(m.IntN(3)) * time.Second),
		Source: []string{"app", "website"}[m.IntN(2)], ID: fmt.Sprintf("id%d", m.made),
	}}
	if m.IntN(3) > 0 {
		e.URL = fmt.Sprintf("https://shop.example/%d", m.IntN(4))
		e.IsBlog = m.IntN(3) == 0
		e.IsBot = m.IntN(4) == 0
	}
	if m.IntN(2) == 0 {
		e.Referrer = "https://search.example/"
	}
	if m.palette > 0 && m.IntN(3) > 0 {
		e.Tags = channel.Tags{Source: fmt.Sprintf("s%d", m.IntN(m.palette)), Medium: "email"}
	}
	return e
}

// parts deals the events out over n lists.
func (m *maker) parts(events []sessionize.Activity, n int) [][]sessionize.Activity {
	out := make([][]sessionize.Activity, n)
	for _, e := range events {
		i := m.IntN(n)
		out[i] = append(out[i], e)
	}
	return out
}
