package sessionize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// browsing is a long open visit, an event a second, as stage 2 hands them over: a few
// pages, a tagged one now and then.
func browsing(n int) []sessionize.Activity {
	events := make([]sessionize.Activity, n)
	for i := range events {
		at := start.Add(time.Duration(i) * time.Second)
		events[i] = sessionize.Activity{
			Order: event.Order{At: at, Kind: event.Kind(1 + i%3), ReceivedAt: at, Source: "website", ID: fmt.Sprintf("message-%08d", i)},
			URL:   fmt.Sprintf("https://shop.example/%d", i%7), Referrer: "https://search.example/", IsBlog: i%5 == 0,
		}
		if i%4 == 0 {
			events[i].Tags = channel.Tags{Source: fmt.Sprint("s", i%3), Medium: "cpc", ClickID: "gclid"}
		}
	}
	return events
}

// TestNoAllocationPerEvent within an open visit.
func TestNoAllocationPerEvent(t *testing.T) {
	events := browsing(4000)
	t.Run("Add", func(t *testing.T) {
		visits := add(add(nil, events[0], gap), events[4], gap)
		for _, e := range events[:60] {
			visits = add(visits, e, gap)
		}
		i := 60
		require.Zero(t, testing.AllocsPerRun(3000, func() {
			visits = add(visits, events[i], gap)
			i++
		}))
	})
	t.Run("Builder.Add", func(t *testing.T) {
		b := sessionize.NewBuilder(gap)
		pairs := []sessionize.Pair{{AnonymousID: "a"}, {AnonymousID: "b"}, {AnonymousID: "b", UserID: "u"}}
		for _, p := range pairs {
			for _, e := range events[:60] {
				into(b.Of(p), e)
			}
		}
		i := 60
		require.Zero(t, testing.AllocsPerRun(3000, func() {
			into(b.Of(pairs[i%3]), events[i])
			i++
		}))
	})
	t.Run("backwards within the visit", func(t *testing.T) {
		b := sessionize.NewBuilder(gap)
		p := sessionize.Pair{AnonymousID: "a"}
		into(b.Of(p), events[0])
		into(b.Of(p), events[1000])
		for _, e := range events[:60] {
			into(b.Of(p), e)
		}
		i := 999
		require.Zero(t, testing.AllocsPerRun(800, func() {
			into(b.Of(p), events[i])
			i--
		}))
	})
}

// TestNoAllocationInAnEarlierVisit: stage 1 takes the sources' tables in one after the
// other, so that a month's pages come after all its tracks and most events fall into
// a visit that is not the last.
func TestNoAllocationInAnEarlierVisit(t *testing.T) {
	const visits = 500
	b := sessionize.NewBuilder(gap)
	p := sessionize.Pair{AnonymousID: "a"}
	m := newMaker(1, 0)
	for v := range visits {
		into(b.Of(p), m.event(start.Add(time.Duration(v)*time.Hour)))
		into(b.Of(p), m.event(start.Add(time.Duration(v)*time.Hour+10*time.Minute)))
	}
	pages := make([]sessionize.Activity, visits)
	for v := range pages {
		pages[v] = m.event(start.Add(time.Duration(v)*time.Hour + 5*time.Minute))
	}
	i := 0
	require.Zero(t, testing.AllocsPerRun(visits-2, func() {
		into(b.Of(p), pages[i])
		i++
	}))
}

// BenchmarkBuilder is the pure sessionizer in memory on one core: 20,000 pairs, about
// three visits each. Target: 5 million events a second, no allocation per event.
func BenchmarkBuilder(b *testing.B) {
	const pairs, perPair = 20_000, 25
	ids := make([]sessionize.Pair, pairs)
	for i := range ids {
		ids[i].AnonymousID = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	}
	events := browsing(perPair)
	for i := range events {
		events[i].At = start.Add(time.Duration(i)*time.Minute + time.Duration(i/8)*time.Hour)
	}
	b.ReportAllocs()
	for b.Loop() {
		builder := sessionize.NewBuilder(gap)
		for _, p := range ids {
			visits := builder.Of(p)
			for i := range events {
				visits.Add(&events[i])
			}
		}
		if err := builder.Flush(func(sessionize.Pair, []sessionize.Visit) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*pairs*perPair)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkAdd is one open visit.
func BenchmarkAdd(b *testing.B) {
	events := browsing(100_000)
	b.ReportAllocs()
	for b.Loop() {
		var visits []sessionize.Visit
		for i := range events {
			visits = add(visits, events[i], gap)
		}
	}
	b.ReportMetric(float64(b.N*len(events))/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkAddEarlier is a busy device whose pages come after its tracks: 2,000 visits
// in a month, every event into one that is not the last.
func BenchmarkAddEarlier(b *testing.B) {
	const visits = 2000
	m := newMaker(1, 0)
	var tracks, pages []sessionize.Activity
	for v := range visits {
		tracks = append(tracks, m.event(start.Add(time.Duration(v)*22*time.Minute)))
		pages = append(pages, m.event(start.Add(time.Duration(v)*22*time.Minute)))
	}
	b.ReportAllocs()
	for b.Loop() {
		var list []sessionize.Visit
		for i := range tracks {
			list = add(list, tracks[i], gap)
		}
		for i := range pages {
			list = add(list, pages[i], gap)
		}
	}
	b.ReportMetric(float64(b.N*2*visits)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkMerge re-merges a person's visits as stage 5 does.
func BenchmarkMerge(b *testing.B) {
	m := newMaker(1, 3)
	var visits []sessionize.Visit
	for v := range 12 {
		visits = append(visits, naive(m.events(10), gap)[0])
		visits[v].Start += event.Micros(v) * 600_000_000
		visits[v].End += event.Micros(v) * 600_000_000
	}
	work := make([]sessionize.Visit, len(visits))
	b.ReportAllocs()
	for b.Loop() {
		copy(work, visits)
		sessions(work, gap)
	}
	b.ReportMetric(float64(b.N*len(visits))/b.Elapsed().Seconds(), "visits/s")
}
