package sessionize_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// TestGapBoundary: strictly more than the gap splits.
func TestGapBoundary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		apart    time.Duration
		sessions int
	}{
		{0, 1},
		{time.Microsecond, 1},
		{20*time.Minute - time.Microsecond, 1}, // 19:59.999999
		{20 * time.Minute, 1},                  // 20:00.000000
		{20*time.Minute + time.Microsecond, 2}, // 20:00.000001
		{24 * time.Hour, 2},
	} {
		t.Run(c.apart.String(), func(t *testing.T) {
			t.Parallel()
			m := newMaker(1, 0)
			a, b := m.event(start), m.event(start.Add(c.apart))
			for name, got := range map[string][]sessionize.Visit{
				"add":           add(add(nil, a, gap), b, gap),
				"add backwards": add(add(nil, b, gap), a, gap),
				"merge":         sessionize.Merge(singles([]sessionize.Activity{a}), singles([]sessionize.Activity{b}), gap),
				"merge swapped": sessionize.Merge(singles([]sessionize.Activity{b}), singles([]sessionize.Activity{a}), gap),
				"sessions":      sessions([]sessionize.Visit{of(b), of(a)}, gap),
			} {
				require.Len(t, got, c.sessions, name)
				require.Equal(t, start, got[0].Start, name)
				require.Equal(t, start.Add(c.apart), got[len(got)-1].End, name)
			}
		})
	}
}

// TestGapIsMeasuredFromTheEndOfAVisit: one visit that holds another keeps its own end.
func TestGapIsMeasuredFromTheEndOfAVisit(t *testing.T) {
	t.Parallel()
	m := newMaker(1, 0)
	long := naive([]sessionize.Activity{m.event(start), m.event(start.Add(gap)), m.event(start.Add(2 * gap))}, gap)
	inside := singles([]sessionize.Activity{m.event(start.Add(gap / 2))})
	after := singles([]sessionize.Activity{m.event(start.Add(3 * gap))})
	for _, order := range [][3][]sessionize.Visit{{long, inside, after}, {inside, long, after}, {after, inside, long}, {inside, after, long}} {
		got := sessionize.Merge(sessionize.Merge(order[0], order[1], gap), order[2], gap)
		require.Len(t, got, 1)
		require.Equal(t, start.Add(3*gap), got[0].End)
		require.EqualValues(t, 5, got[0].Events)
	}
}

// TestMergeIsAMonoidAndEqualsSessionizingTheUnion: associative, commutative, with an
// identity, whatever way the events were dealt out and merged before.
func TestMergeIsAMonoidAndEqualsSessionizingTheUnion(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		m := newMaker(seed, []int{0, 2, 9}[seed%3])
		events := m.events(m.IntN(25))
		p := m.parts(events, 3)
		var a, b, c []sessionize.Visit
		if seed%2 == 0 {
			a, b, c = naive(p[0], gap), naive(p[1], gap), naive(p[2], gap)
		} else {
			a, b, c = singles(p[0]), singles(p[1]), singles(p[2])
		}
		want := plain(naive(events, gap))
		left := sessionize.Merge(sessionize.Merge(a, b, gap), c, gap)
		require.Equal(t, want, plain(left), "seed %d: (ab)c", seed)
		require.Equal(t, want, plain(sessionize.Merge(a, sessionize.Merge(b, c, gap), gap)), "seed %d: a(bc)", seed)
		require.Equal(t, want, plain(sessionize.Merge(c, sessionize.Merge(b, a, gap), gap)), "seed %d: c(ba)", seed)
		require.Equal(t, want, plain(sessionize.Merge(left, nil, gap)), "seed %d: right identity", seed)
		require.Equal(t, want, plain(sessionize.Merge(nil, left, gap)), "seed %d: left identity", seed)
		all := slices.Concat(a, b, c)
		m.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		require.Equal(t, want, plain(sessions(all, gap)), "seed %d: Sessions", seed)
	}
}

// TestMergeOfManyParts: any binary tree over any number of parts.
func TestMergeOfManyParts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		m := newMaker(seed, 5)
		events := m.events(60)
		var lists [][]sessionize.Visit
		for _, p := range m.parts(events, 2+m.IntN(12)) {
			lists = append(lists, naive(p, gap))
		}
		require.Equal(t, plain(naive(events, gap)), plain(mergeInAnyOrder(m.Rand, lists)), "seed %d", seed)
	}
}

func mergeInAnyOrder(r *rand.Rand, lists [][]sessionize.Visit) []sessionize.Visit {
	for len(lists) > 1 {
		i := r.IntN(len(lists))
		a := lists[i]
		lists = slices.Delete(lists, i, i+1)
		j := r.IntN(len(lists))
		lists[j] = sessionize.Merge(a, lists[j], gap)
	}
	return lists[0]
}

// TestMergeLeavesItsInputsAlone, also what lies beyond the length of their tag sets.
func TestMergeLeavesItsInputsAlone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		m := newMaker(seed, 120)
		p := m.parts(m.events(m.IntN(200)), 2)
		a, b := naive(p[0], gap), naive(p[1], gap)
		for i := range a {
			a[i].TagSets = slices.Grow(a[i].TagSets, 3) // room that a careless insert would use
		}
		oldA, oldB := deep(a), deep(b)
		sessionize.Merge(a, b, gap)
		sessionize.Merge(b, a, gap)
		require.Equal(t, plain(oldA), plain(a), "seed %d", seed)
		require.Equal(t, plain(oldB), plain(b), "seed %d", seed)
		for i := range a {
			require.Equal(t, oldA[i].TagSets[:cap(oldA[i].TagSets)], a[i].TagSets[:cap(a[i].TagSets)][:cap(oldA[i].TagSets)], "seed %d: beyond the length", seed)
		}
	}
}

// TestTagSetLimit: a visit keeps its 100 earliest distinct sets, whatever the order
// of merging, and says so exactly when there were more.
func TestTagSetLimit(t *testing.T) {
	t.Parallel()
	for _, sets := range []int{99, 100, 101, 250} {
		for seed := range uint64(12) {
			m := newMaker(seed, 0)
			var events []sessionize.Activity
			for i := range sets {
				for range 1 + m.IntN(3) { // its earliest event counts, the others come before and after in arrival
					e := m.event(start.Add(time.Duration(m.IntN(1000)) * time.Second))
					e.Tags = channel.Tags{Source: "s", Campaign: fmt.Sprint(i)}
					events = append(events, e)
				}
			}
			m.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			want := plain(naive(events, gap))
			require.Len(t, want, 1)
			require.Len(t, want[0].TagSets, min(sets, sessionize.MaxTagSets))
			require.Equal(t, sets > 100, want[0].MoreTags)

			var added []sessionize.Visit
			for _, e := range events {
				added = add(added, e, gap)
			}
			require.Equal(t, want, plain(added), "%d sets, seed %d: added", sets, seed)

			var lists [][]sessionize.Visit
			for _, p := range m.parts(events, 2+m.IntN(20)) {
				lists = append(lists, sessions(singles(p), gap))
			}
			require.Equal(t, want, plain(mergeInAnyOrder(m.Rand, lists)), "%d sets, seed %d: merged", sets, seed)
		}
	}
}

// TestAddInAnyOrder equals sessionizing at once, and Merge with the single event.
func TestAddInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1500) {
		m := newMaker(seed, 4)
		events := m.events(m.IntN(40))
		var added, merged []sessionize.Visit
		for i, e := range events {
			merged = sessionize.Merge(merged, []sessionize.Visit{of(e)}, gap)
			added = add(added, e, gap)
			require.Equal(t, plain(merged), plain(added), "seed %d, event %d", seed, i)
		}
		require.Equal(t, plain(naive(events, gap)), plain(added), "seed %d", seed)
	}
}

// TestBuilderWithAnyFlushPoints: what was flushed, merged, are the sessions.
func TestBuilderWithAnyFlushPoints(t *testing.T) {
	t.Parallel()
	pairs := []sessionize.Pair{{AnonymousID: "a"}, {UserID: "a"}, {AnonymousID: "a", UserID: "a"}, {AnonymousID: "b", UserID: "a"}}
	for seed := range uint64(400) {
		m := newMaker(seed, 4)
		events := map[sessionize.Pair][]sessionize.Activity{}
		flushed := map[sessionize.Pair][]sessionize.Visit{}
		b := sessionize.NewBuilder(gap)
		flush := func() {
			require.NoError(t, b.Flush(func(p sessionize.Pair, visits []sessionize.Visit) error {
				require.True(t, slices.IsSortedFunc(visits, func(a, b sessionize.Visit) int { return int(a.Start - b.Start) }))
				flushed[p] = append(flushed[p], deep(visits)...)
				return nil
			}))
			require.Zero(t, b.Bytes())
		}
		for _, e := range m.events(80) {
			p := pairs[m.IntN(len(pairs))]
			events[p] = append(events[p], e)
			into(b.Of(p), e)
			require.Positive(t, b.Bytes())
			if m.IntN(12) == 0 {
				flush()
			}
		}
		flush()
		flush() // nothing is handed over twice
		for _, p := range pairs {
			require.Equal(t, plain(naive(events[p], gap)), plain(sessions(flushed[p], gap)), "seed %d, %v", seed, p)
		}
	}
}

// TestBuilderStopsAtAnError of whoever takes the visits.
func TestBuilderStopsAtAnError(t *testing.T) {
	t.Parallel()
	b, m := sessionize.NewBuilder(gap), newMaker(1, 0)
	into(b.Of(sessionize.Pair{AnonymousID: "a"}), m.event(start))
	require.ErrorContains(t, b.Flush(func(sessionize.Pair, []sessionize.Visit) error { return fmt.Errorf("disk full") }), "disk full")
}

// TestBuilderBytesIsAnUpperBound of what the visits and their strings take.
func TestBuilderBytesIsAnUpperBound(t *testing.T) {
	t.Parallel()
	b, m := sessionize.NewBuilder(gap), newMaker(5, 40)
	held := int64(0)
	for i := range 2000 {
		p := sessionize.Pair{AnonymousID: fmt.Sprintf("anonymous-%d", i%300)}
		for _, e := range m.events(3) {
			into(b.Of(p), e)
		}
	}
	bytes := b.Bytes()
	require.NoError(t, b.Flush(func(p sessionize.Pair, visits []sessionize.Visit) error {
		held += int64(len(p.AnonymousID))
		for i := range visits {
			held += 400 // four marks, by hand: 4 * 96 bytes and the counts
			for _, s := range visits[i].TagSets {
				held += 96 + 96 + int64(len(s.Mark.ID)) // strings of tags and of URLs are shared in the stage
			}
		}
		return nil
	}))
	require.GreaterOrEqual(t, bytes, held)
	require.Less(t, bytes, 20*held)
}

// TestTiesAreBrokenByTheWholeOrder: of events at one instant the kind, then the
// reception, source and id decide which is first and which is last.
func TestTiesAreBrokenByTheWholeOrder(t *testing.T) {
	t.Parallel()
	at := func(kind event.Kind, received time.Duration, source, id string) sessionize.Activity {
		return sessionize.Activity{
			Order: event.Order{At: start, Kind: kind, ReceivedAt: start.Add(received), Source: source, ID: id}, URL: "https://e.example/" + id, IsBlog: true,
			Tags: channel.Tags{Source: "one"},
		}
	}
	inOrder := []sessionize.Activity{
		at(event.Page, time.Hour, "b", "z"), at(event.Screen, time.Minute, "b", "y"), at(event.Track, 0, "b", "x"), at(event.Track, time.Second, "a", "9"),
		at(event.Track, time.Second, "b", "a"), at(event.Track, time.Second, "b", "aa"), at(event.Track, time.Second, "b", "é"),
	}
	for seed := range uint64(50) {
		events := slices.Clone(inOrder)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		var visits []sessionize.Visit
		for _, e := range events {
			visits = add(visits, e, gap)
		}
		require.Len(t, visits, 1)
		first, last := inOrder[0].ID, inOrder[len(inOrder)-1].ID
		v := visits[0]
		require.Equal(t, []string{first, first, last, first}, []string{v.First.ID, v.Entry.ID, v.Exit.ID, v.Blog.ID})
		require.Equal(t, first, v.TagSets[0].Mark.ID)
	}
}

// FuzzMerge makes events of bytes: a step, flags, and to which of three lists.
func FuzzMerge(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{6, 0, 6, 1, 8, 2})
	f.Add([]byte{0, 255, 0, 254, 0, 253, 10, 17, 5, 99})
	f.Add([]byte("strictly more than twenty minutes splits"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 300 {
			return
		}
		m := newMaker(1, 0)
		at := start
		var events []sessionize.Activity
		var p [3][]sessionize.Activity
		for i := 0; i+1 < len(data); i += 2 {
			at = at.Add(steps[int(data[i])%len(steps)])
			flags := data[i+1]
			e := m.event(at)
			e.Kind, e.URL, e.IsBlog, e.IsBot, e.Tags = event.Kind(1+flags%3), "", false, flags&4 != 0, channel.Tags{}
			if flags&8 != 0 {
				e.URL, e.IsBlog = "https://e.example/", flags&16 != 0
			}
			if flags&32 != 0 {
				e.Tags.Campaign = fmt.Sprint(data[i]) // up to 256 sets
			}
			events = append(events, e)
			p[int(flags>>6)%3] = append(p[int(flags>>6)%3], e)
		}
		want := plain(naive(events, gap))
		a, b, c := naive(p[0], gap), singles(p[1]), naive(p[2], gap)
		old := [][]sessionize.Visit{deep(a), deep(b), deep(c)}
		require.Equal(t, want, plain(sessionize.Merge(sessionize.Merge(a, b, gap), c, gap)))
		require.Equal(t, want, plain(sessionize.Merge(sessionize.Merge(c, a, gap), b, gap)))
		require.Equal(t, want, plain(sessionize.Merge(b, sessionize.Merge(c, a, gap), gap)))
		require.Equal(t, old, [][]sessionize.Visit{a, b, c})
		var added []sessionize.Visit
		for i := range events {
			added = add(added, events[len(events)-1-i], gap)
		}
		require.Equal(t, want, plain(added))
	})
}

// sessions merges visits in any order as stage 5 does: sorted, one by one.
func sessions(visits []sessionize.Visit, gap time.Duration) []sessionize.Visit {
	sorted := slices.SortedFunc(slices.Values(visits), func(a, b sessionize.Visit) int { return cmp.Compare(a.Start, b.Start) })
	m := sessionize.NewMerger(gap)
	var out []sessionize.Visit
	for _, v := range sorted {
		if s, ended := m.Add(v); ended {
			out = append(out, s)
		}
	}
	if s, ended := m.End(); ended {
		out = append(out, s)
	}
	return out
}

func add(visits []sessionize.Visit, a sessionize.Activity, gap time.Duration) []sessionize.Visit {
	return sessionize.Add(visits, &a, gap)
}

func of(a sessionize.Activity) sessionize.Visit { return sessionize.Of(&a) }

func into(visits *sessionize.PairVisits, a sessionize.Activity) { visits.Add(&a) }
