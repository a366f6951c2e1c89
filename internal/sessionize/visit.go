// Package sessionize turns events into visits and visits into sessions.
//
// A Visit is a mergeable interval: sessions are single-linkage clusters in time, so
// the sessions of a union of events are the Merge of the sessions of its parts.
// Each event is therefore read once, and late data, a newly identified person or a
// year of re-aliased history is answered by merging visits. The package is pure.
package sessionize

import (
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
)

// DefaultGap is the inactivity that ends a session: an event strictly more than the
// gap after the previous one starts a new session. Source: design, section 2.
const DefaultGap = 20 * time.Minute

// MaxTagSets is how many distinct sets of tags a visit or session keeps, the
// earliest ones; that there were more is flagged. Source: design, "touch".
const MaxTagSets = 100

// A Mark is one event of a visit by its full order key, with what is asked of it
// later. The zero Mark is "no such event".
type Mark struct {
	event.Order
	URL      string
	Referrer string
	Tagged   bool
}

// IsZero reports that there is no such event. Every real event has a kind.
func (m Mark) IsZero() bool { return m.Kind == 0 }

// A TagSet is a distinct set of tags and the mark of its earliest event.
type TagSet struct {
	Tags channel.Tags
	Mark Mark
}

// A Visit is a maximal run of events with no gap between neighbours. The visits of
// one (anonymous_id, user_id) pair within a month of reception are stored; merged
// over all pairs and months of a person they are that person's sessions.
type Visit struct {
	Start, End event.Micros // times of the first and the last event
	Events     int64        // events, of any kind
	Pages      int64        // of these, rows of pages
	Bots       int64        // of these, a crawler's
	First      Mark         // first event
	Entry      Mark         // first page-bearing event, or zero
	Exit       Mark         // last page-bearing event, or zero
	Blog       Mark         // first blog page, or zero
	TagSets    []TagSet     // at most MaxTagSets, ordered by mark
	MoreTags   bool         // there were more than MaxTagSets distinct sets
}

// An Activity is one event as the sessionizer sees it.
type Activity struct {
	event.Order
	URL      string       // page URL; "" where the event bears none
	Referrer string       // "" absent
	Tags     channel.Tags // explicit evidence
	IsBlog   bool         // the page URL is a blog page
	IsBot    bool         // a crawler sent it
}

// Of is the visit of a single event.
func Of(a *Activity) Visit {
	var v Visit
	v.begin(a)
	return v
}

// begin makes the zero visit that of a single event.
func (v *Visit) begin(a *Activity) {
	v.Start, v.End, v.Events = a.At, a.At, 1
	v.First.set(a)
	if a.Kind == event.Page {
		v.Pages = 1
	}
	if a.IsBot {
		v.Bots = 1
	}
	if a.URL != "" {
		v.Entry, v.Exit = v.First, v.First
		if a.IsBlog {
			v.Blog = v.First
		}
	}
	if v.First.Tagged {
		v.TagSets = []TagSet{{Tags: a.Tags, Mark: v.First}}
	}
}

// set makes the mark that of the event.
func (m *Mark) set(a *Activity) {
	m.Order, m.URL, m.Referrer, m.Tagged = a.Order, a.URL, a.Referrer, a.Tags.IsTagged()
}

// Add extends a sorted list of visits by one event, as Merge(visits, Of(a)) would.
// The list is changed in place, without allocating while the event falls into one
// visit: events need not come in order, since source tables are read one by one.
func Add(visits []Visit, a *Activity, gap time.Duration) []Visit {
	n := len(visits)
	if n == 0 || a.At.Sub(visits[n-1].End) > gap {
		visits = append(visits, Visit{})
		visits[n].begin(a)
		return visits
	}
	next := n // the first visit that starts after the event
	if a.At < visits[n-1].Start {
		next, _ = slices.BinarySearchFunc(visits, a.At, func(v Visit, at event.Micros) int {
			if v.Start > at {
				return 1
			}
			return -1
		})
	}
	joinsEarlier := next > 0 && a.At.Sub(visits[next-1].End) <= gap
	joinsNext := next < n && visits[next].Start.Sub(a.At) <= gap
	switch {
	case joinsEarlier && joinsNext:
		visits[next-1].extend(a)
		visits[next-1] = join(&visits[next-1], &visits[next])
		return slices.Delete(visits, next, next+1)
	case joinsEarlier:
		visits[next-1].extend(a)
		return visits
	case joinsNext:
		visits[next].extend(a)
		return visits
	default:
		return slices.Insert(visits, next, Of(a))
	}
}

// extend adds an event that joins the visit. A mark is copied only where it changes:
// comparing by value cost 70 ns an event more.
func (v *Visit) extend(a *Activity) {
	v.Start, v.End = min(v.Start, a.At), max(v.End, a.At)
	v.Events++
	if a.Kind == event.Page {
		v.Pages++
	}
	if a.IsBot {
		v.Bots++
	}
	if before(a, &v.First) {
		v.First.set(a)
	}
	if a.URL != "" {
		if v.Entry.IsZero() || before(a, &v.Entry) {
			v.Entry.set(a)
		}
		if v.Exit.IsZero() || after(a, &v.Exit) {
			v.Exit.set(a)
		}
		if a.IsBlog && (v.Blog.IsZero() || before(a, &v.Blog)) {
			v.Blog.set(a)
		}
	}
	if a.Tags.IsTagged() {
		var m Mark
		m.set(a)
		v.addTagSet(TagSet{Tags: a.Tags, Mark: m})
	}
}

// before reports whether the event comes before the mark.
func before(a *Activity, m *Mark) bool {
	if a.At != m.At {
		return a.At < m.At
	}
	return a.Less(m.Order)
}

// after reports whether the event comes after the mark.
func after(a *Activity, m *Mark) bool {
	if a.At != m.At {
		return a.At > m.At
	}
	return m.Less(a.Order)
}

// Merge is the visits of the union of two lists: sorted by start, no two closer
// than the gap. It is associative, commutative, and has the empty list as its
// identity. Both lists must be sorted by start; they need not be merged in
// themselves. Neither is changed; the result may share their tag sets.
func Merge(a, b []Visit, gap time.Duration) []Visit {
	out := make([]Visit, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		var next Visit
		if len(b) == 0 || (len(a) > 0 && a[0].Start <= b[0].Start) {
			next, a = a[0], a[1:]
		} else {
			next, b = b[0], b[1:]
		}
		if n := len(out); n > 0 && joins(&out[n-1], &next, gap) {
			out[n-1] = join(&out[n-1], &next)
			continue
		}
		out = append(out, next)
	}
	return out
}

// A Merger turns the visits of one person, which must come sorted by start, into
// sessions, holding no more than the one that is open: however many visits a person
// has, memory does not grow.
type Merger struct {
	gap  time.Duration
	open Visit
}

// NewMerger makes a Merger with no session open.
func NewMerger(gap time.Duration) *Merger { return &Merger{gap: gap} }

// Add takes the next visit in. Where it begins another session, the one that was open
// is handed over.
func (m *Merger) Add(v Visit) (session Visit, ended bool) {
	switch {
	case m.open.Events == 0:
		m.open = v
		return Visit{}, false
	case joins(&m.open, &v, m.gap):
		m.open = join(&m.open, &v)
		return Visit{}, false
	default:
		session, m.open = m.open, v
		return session, true
	}
}

// End hands over the session that is open, if any. The next visit may be another
// person's.
func (m *Merger) End() (session Visit, ended bool) {
	session, m.open = m.open, Visit{}
	return session, session.Events > 0
}

// joins reports whether b, which starts no earlier than a, belongs to the same
// session: it starts at most the gap after a's end.
func joins(a, b *Visit, gap time.Duration) bool { return b.Start.Sub(a.End) <= gap }

func join(a, b *Visit) Visit {
	v := Visit{
		Start:    min(a.Start, b.Start),
		End:      max(a.End, b.End),
		Events:   a.Events + b.Events,
		Pages:    a.Pages + b.Pages,
		Bots:     a.Bots + b.Bots,
		First:    earlier(a.First, b.First),
		Entry:    earlier(a.Entry, b.Entry),
		Exit:     later(a.Exit, b.Exit),
		Blog:     earlier(a.Blog, b.Blog),
		TagSets:  a.TagSets,
		MoreTags: a.MoreTags || b.MoreTags,
	}
	if len(a.TagSets) == 0 {
		v.TagSets = b.TagSets
		return v
	}
	if len(b.TagSets) > 0 {
		v.TagSets = slices.Clone(a.TagSets) // the inputs stay as they were
		for _, s := range b.TagSets {
			v.addTagSet(s)
		}
	}
	return v
}

// addTagSet keeps the MaxTagSets earliest distinct sets, each at its earliest
// event. Dropping the latest beyond the limit loses nothing a later merge could
// bring back: an earlier mark of a dropped set arrives with that mark.
func (v *Visit) addTagSet(s TagSet) {
	for i := range v.TagSets {
		if v.TagSets[i].Tags != s.Tags {
			continue
		}
		if v.TagSets[i].Mark.Compare(s.Mark.Order) <= 0 {
			return
		}
		v.TagSets = slices.Delete(v.TagSets, i, i+1)
		break
	}
	at, _ := slices.BinarySearchFunc(v.TagSets, s.Mark.Order, func(t TagSet, o event.Order) int {
		return t.Mark.Compare(o)
	})
	v.TagSets = slices.Insert(v.TagSets, at, s)
	if len(v.TagSets) > MaxTagSets {
		v.TagSets, v.MoreTags = v.TagSets[:MaxTagSets], true
	}
}

func earlier(a, b Mark) Mark {
	if a.IsZero() || (!b.IsZero() && b.Less(a.Order)) {
		return b
	}
	return a
}

func later(a, b Mark) Mark {
	if a.IsZero() || (!b.IsZero() && a.Less(b.Order)) {
		return b
	}
	return a
}
