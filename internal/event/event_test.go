package event_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// TestKindsAreTheNumbersInOurTables: they are part of the order of events, and stand
// in the tables of installations.
func TestKindsAreTheNumbersInOurTables(t *testing.T) {
	t.Parallel()
	for i, want := range []struct {
		name, table string
		activity    bool
	}{{"page", "pages", true}, {"screen", "screens", true}, {"track", "tracks", true}, {"identify", "identifies", false}, {"alias", "aliases", false}} {
		k := event.Kinds()[i]
		require.EqualValues(t, i+1, k)
		require.Equal(t, want.name, k.String())
		require.Equal(t, want.table, k.Table())
		require.Equal(t, want.activity, k.IsActivity())
	}
	require.Equal(t, "unknown", event.Kind(0).String())
	require.Equal(t, "unknown", event.Kind(6).String())
	require.False(t, event.Kind(0).IsActivity())
}

// TestOrderIsTheDocumentedTuple: event time; page, screen, track, identify, alias;
// received_at; source; id, the last two by bytes.
func TestOrderIsTheDocumentedTuple(t *testing.T) {
	t.Parallel()
	rising := []event.Order{
		{},
		{At: 1, Kind: event.Page, ReceivedAt: 9, Source: "z", ID: "z"},
		{At: 1, Kind: event.Screen, ReceivedAt: 8, Source: "z", ID: "z"},
		{At: 1, Kind: event.Track, ReceivedAt: 7, Source: "z", ID: "z"},
		{At: 1, Kind: event.Identify, ReceivedAt: 6, Source: "z", ID: "z"},
		{At: 1, Kind: event.Alias, ReceivedAt: -5, Source: "z", ID: "z"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "Z", ID: "z"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "a", ID: "z"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: ""},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: "10"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: "9"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: "Z"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: "a"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: "é"},
		{At: 1, Kind: event.Alias, ReceivedAt: 5, Source: "aa", ID: "\xff"},
		{At: 2, Kind: event.Page},
		{At: math.MaxInt64, Kind: event.Page},
	}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, a.Compare(b), "%d, %d", i, j)
			require.Equal(t, i < j, a.Less(b), "%d, %d", i, j)
		}
	}
	require.Negative(t, event.Order{At: math.MinInt64}.Compare(event.Order{}))
}

// TestOrderIsTotal: antisymmetric, transitive, and equal only of equals.
func TestOrderIsTotal(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	times := []event.Micros{math.MinInt64, -1, 0, 1, math.MaxInt64}
	text := []string{"", "a", "A", "aa", "\x00", "é", "\xff"}
	random := func() event.Order {
		return event.Order{
			At: times[r.IntN(5)], ReceivedAt: times[r.IntN(5)], Kind: event.Kind(r.IntN(6)), Source: text[r.IntN(7)], ID: text[r.IntN(7)],
		}
	}
	for range 100_000 {
		a, b, c := random(), random(), random()
		require.Equal(t, -a.Compare(b), b.Compare(a))
		require.Equal(t, a == b, a.Compare(b) == 0)
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 {
			require.LessOrEqual(t, a.Compare(c), 0, "%v %v %v", a, b, c)
		}
	}
}

func TestTimeOf(t *testing.T) {
	t.Parallel()
	received := event.MicrosOf(time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC))
	earliest := event.MicrosOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		name      string
		timestamp event.Micros
		ok        bool
		clamped   bool
	}{
		{"as it stands", received - 5_000_000, true, false},
		{"equal", received, true, false},
		{"years late", received.Add(-10 * 365 * 24 * time.Hour), true, false},
		{"24 h ahead to the microsecond", received.Add(24 * time.Hour), true, false},
		{"a microsecond more", received.Add(24*time.Hour) + 1, true, true},
		{"the first instant believed", earliest, true, false},
		{"a microsecond before", earliest - 1, true, true},
		{"1970", 0, true, true},
		{"before Christ", math.MinInt64, true, true},
		{"the end of time", math.MaxInt64, true, true},
		{"absent or infinite", 0, false, true},
		{"absent, whatever the value", received, false, true},
	} {
		at, clamped := event.TimeOf(c.timestamp, c.ok, received)
		require.Equal(t, c.clamped, clamped, c.name)
		if c.clamped {
			require.Equal(t, received, at, c.name)
		} else {
			require.Equal(t, c.timestamp, at, c.name)
		}
	}
	require.Equal(t, earliest, event.MinTime)
	require.Equal(t, event.MicrosOf(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)), event.MaxTime)
	require.Equal(t, 24*time.Hour, event.LateAfter)
}

func TestMicros(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 29, 23, 59, 59, 999999999, time.FixedZone("", 5*3600+1800))
	m := event.MicrosOf(at)
	require.Equal(t, "2024-02-29T18:29:59.999999Z", m.Time().Format(time.RFC3339Nano)) // truncated, in UTC
	require.Equal(t, time.Microsecond, (m + 1).Sub(m))
	require.Equal(t, -20*time.Minute, m.Sub(m.Add(20*time.Minute)))
	require.Equal(t, m, m.Add(999*time.Nanosecond))
	before := event.MicrosOf(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC))
	require.EqualValues(t, -1_000_000, before)
}

// TestWhitespace: SQL trims by the same runes as Go.
func TestWhitespace(t *testing.T) {
	t.Parallel()
	listed := map[rune]int{}
	for _, r := range event.Whitespace {
		listed[r]++
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := 0
		if unicode.IsSpace(r) {
			want = 1
		}
		require.Equal(t, want, listed[r], "%U", r)
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a b", event.Trim(event.Whitespace+"a b"+event.Whitespace))
	require.Equal(t, "", event.Trim(event.Whitespace))
	require.Equal(t, "\u200ba", event.Trim("\u200ba"), "a zero-width space is no white space")
	require.Equal(t, "\xff", event.Trim(" \xff "))
	for r := rune(1); r < 0x3100; r++ {
		if !unicode.IsSpace(r) && r < 0xd800 {
			require.Equal(t, string(r), event.Trim(string(r)))
		}
	}
}

func TestBlocklist(t *testing.T) {
	t.Parallel()
	b := event.NewBlocklist([]string{"null", " Undefined ", "-1", "00000000-0000-0000-0000-000000000000", "ÉCOLE"})
	for _, blocked := range []string{"", " ", "null", "NULL", "\u00a0Null\t", "undefined", "UNDEFINED", "-1", "00000000-0000-0000-0000-000000000000", "école"} {
		require.Equal(t, "", b.Clean(blocked), "%q", blocked)
	}
	for in, want := range map[string]string{"nul": "nul", " u1 ": "u1", "null1": "null1", "n ull": "n ull", "Ann": "Ann", "-10": "-10"} {
		require.Equal(t, want, b.Clean(in))
	}
	require.Equal(t, "", event.NewBlocklist(nil).Clean("  "))
	require.Equal(t, "null", event.NewBlocklist(nil).Clean("null"))
	require.Equal(t, "null", event.Blocklist(nil).Clean(" null "))
}

func TestPersons(t *testing.T) {
	t.Parallel()
	rising := []event.Person{
		{"", false}, {"", true}, {"A", false}, {"A", true}, {"a", false}, {"a", true}, {"aa", false}, {"é", true},
	}
	for i, a := range rising {
		for j, b := range rising {
			require.Equal(t, i-j < 0, a.Compare(b) < 0)
			require.Equal(t, i == j, a.Compare(b) == 0)
		}
	}
	shuffled := slices.Clone(rising)
	rand.New(rand.NewPCG(4, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	slices.SortFunc(shuffled, event.Person.Compare)
	require.Equal(t, rising, shuffled)
	require.Equal(t, "user:a", event.Person{AliasID: "a", IsIdentified: true}.String())
	require.Equal(t, "anon:a", event.Person{AliasID: "a"}.String())
	require.False(t, strings.HasPrefix(event.Person{}.String(), "user:"))
}
