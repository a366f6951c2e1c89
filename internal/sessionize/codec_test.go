package sessionize_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// roundTrip encodes the marks and decodes them beside the readable columns.
func roundTrip(t testing.TB, v sessionize.Visit) sessionize.Visit {
	t.Helper()
	got := sessionize.Visit{Start: v.Start, End: v.End, Events: v.Events, Pages: v.Pages, Bots: v.Bots}
	require.NoError(t, new(sessionize.Codec).Decode(new(sessionize.Codec).Append(nil, &v), &got))
	return got
}

func TestMarksRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1000) {
		m := newMaker(seed, []int{0, 3, 200}[seed%3])
		for _, v := range naive(m.events(1+m.IntN(300)), 24*time.Hour) {
			require.Equal(t, plain([]sessionize.Visit{v}), plain([]sessionize.Visit{roundTrip(t, v)}), "seed %d", seed)
		}
	}
}

// TestMarksRoundTripOfNastyVisits: what a visit may hold by its type.
func TestMarksRoundTripOfNastyVisits(t *testing.T) {
	t.Parallel()
	mark := func(at event.Micros, id string) sessionize.Mark {
		return sessionize.Mark{Order: event.Order{At: at, Kind: event.Track, ReceivedAt: at, Source: "s", ID: id}}
	}
	long := strings.Repeat("x", 70_000)
	same := mark(start, "same")
	same.URL, same.Referrer, same.Tagged = "u", "u", true
	var hundred []sessionize.TagSet
	for i := range sessionize.MaxTagSets {
		m := mark(start+event.Micros(i), fmt.Sprint("id", i))
		m.Tagged = true
		hundred = append(hundred, sessionize.TagSet{Tags: channel.Tags{Source: fmt.Sprint("source", i), ClickID: "gclid"}, Mark: m})
	}
	for name, v := range map[string]sessionize.Visit{
		"one event, nothing else":    {First: mark(start, "id")},
		"every string empty":         {First: sessionize.Mark{Order: event.Order{At: start, Kind: event.Page}}},
		"all marks one event":        {First: same, Entry: same, Exit: same, Blog: same, TagSets: []sessionize.TagSet{{Tags: channel.Tags{Source: "u"}, Mark: same}}},
		"same string in every field": {First: sessionize.Mark{Order: event.Order{At: start, Kind: event.Alias, Source: "u", ID: "u"}, URL: "u", Referrer: "u"}},
		"100 sets of tags and more":  {First: hundred[0].Mark, TagSets: hundred, MoreTags: true},
		"long strings":               {First: mark(start, long), Entry: sessionize.Mark{Order: mark(start, long).Order, URL: long + "y"}},
		"no UTF-8, NUL":              {First: mark(start, "\xff\x00\xfe"), Exit: sessionize.Mark{Order: mark(start, "\x00").Order, URL: "\x80"}},
		"received before it happened": {First: sessionize.Mark{Order: event.Order{
			At: start, Kind: event.Page, ReceivedAt: start - 86_400_000_000, Source: "s", ID: "i",
		}}},
		"received years later":    {First: sessionize.Mark{Order: event.Order{At: event.MinTime, Kind: event.Page, ReceivedAt: event.MaxTime, Source: "s", ID: "i"}}},
		"first and last of times": {First: mark(math.MinInt64, "a"), Exit: mark(math.MaxInt64, "b")},
		"blog without entry":      {First: mark(start, "a"), Blog: mark(start+1, "b")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v.Start, v.End, v.Events, v.Pages = start, start+5, 7, 2
			require.Equal(t, v, roundTrip(t, v))
		})
	}
}

// TestMarksAreSmall: a visit of one event with no page costs its id and little more,
// and marks that are one event are written once.
func TestMarksAreSmall(t *testing.T) {
	t.Parallel()
	m := sessionize.Mark{Order: event.Order{At: start, Kind: event.Page, ReceivedAt: start.Add(time.Second), Source: "website", ID: strings.Repeat("i", 40)}, URL: strings.Repeat("u", 60)}
	once := sessionize.Visit{Start: start, First: m}
	thrice := sessionize.Visit{Start: start, First: m, Entry: m, Exit: m}
	require.LessOrEqual(t, len(new(sessionize.Codec).Append(nil, &once)), 7+40+60+20)
	require.Equal(t, len(new(sessionize.Codec).Append(nil, &once))+2, len(new(sessionize.Codec).Append(nil, &thrice)))
}

// TestCodecAppends to what is there.
func TestCodecAppends(t *testing.T) {
	t.Parallel()
	v := sessionize.Visit{Start: start, First: sessionize.Mark{Order: event.Order{At: start, Kind: event.Page, ID: "i"}}}
	require.Equal(t, "before"+string(new(sessionize.Codec).Append(nil, &v)), string(new(sessionize.Codec).Append([]byte("before"), &v)))
}

// TestCodecRefuses everything Append did not write.
func TestCodecRefuses(t *testing.T) {
	t.Parallel()
	v := sessionize.Visit{Start: start, First: sessionize.Mark{Order: event.Order{At: start, Kind: event.Page, Source: "s", ID: "id"}, URL: "u"}}
	v.Entry, v.Exit = v.First, v.First
	v.TagSets = []sessionize.TagSet{{Tags: channel.Tags{Source: "s"}, Mark: v.First}}
	good := new(sessionize.Codec).Append(nil, &v)
	bad := map[string][]byte{
		"nothing":                 nil,
		"version alone":           {1},
		"another version":         append([]byte{2}, good[1:]...),
		"version 0":               append([]byte{0}, good[1:]...),
		"something behind":        append(append([]byte{}, good...), 0),
		"101 sets of tags":        {1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 101},
		"mark from nowhere":       {1, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0},
		"first event of no kind":  {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"entry of no kind":        {1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		"an event of kind 6":      {1, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0},
		"an event of kind 256+1":  {1, 0, 0, 0, 0, 0x82, 4, 0, 0, 0, 0, 0},
		"a string past the end":   {1, 0, 0, 0, 0, 2, 1, 200, 1, 'x'},
		"a string of 2^64 bytes":  {1, 0, 0, 0, 0, 2, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"a number without an end": {1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
	}
	for i := range good {
		bad[fmt.Sprintf("cut after %d bytes", i)] = good[:i]
	}
	for name, data := range bad {
		got := sessionize.Visit{Start: start}
		require.ErrorContains(t, new(sessionize.Codec).Decode(data, &got), "run \"attribution run --full --from-stage sessionize\"", name)
	}
	got := sessionize.Visit{Start: start}
	require.NoError(t, new(sessionize.Codec).Decode(good, &got))
}

// FuzzDecode: no panic whatever the bytes; what decodes, encodes and decodes to
// the same.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(6) {
		m := newMaker(seed, 3)
		for _, v := range naive(m.events(8), 24*time.Hour) {
			f.Add(new(sessionize.Codec).Append(nil, &v), int64(v.Start))
		}
	}
	f.Add([]byte{}, int64(0))
	f.Add([]byte{1, 15, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}, int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, data []byte, at int64) {
		v := sessionize.Visit{Start: event.Micros(at)}
		if new(sessionize.Codec).Decode(data, &v) != nil {
			return
		}
		require.LessOrEqual(t, len(v.TagSets), sessionize.MaxTagSets)
		require.Equal(t, v, roundTrip(t, v))
	})
}
