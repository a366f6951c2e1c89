package simulate

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// The same options give the same rows, in the same order, in one go or by the day.
func TestSameSeedSameRows(t *testing.T) {
	o := Options{Seed: 11, Events: 5_000}
	w := newWorld(t, o)
	whole := rowsOf(t, w, 0, w.Options().Days)
	require.Equal(t, whole, rowsOf(t, newWorld(t, o), 0, w.Options().Days))
	var parts []Row
	for _, span := range [][2]int{{0, 1}, {1, 40}, {40, 40}, {40, 41}, {41, 399}, {399, 400}} {
		parts = append(parts, rowsOf(t, w, span[0], span[1])...)
	}
	require.Equal(t, whole, parts)
	require.Equal(t, personsOf(t, w), personsOf(t, newWorld(t, o)))

	o.Seed++
	require.NotEqual(t, whole[0].ID, rowsOf(t, newWorld(t, o), 0, 400)[0].ID)
}

// Rows come day by day, each within the day it is asked for, in the order of the
// syncs; received before they are loaded, and not before they happened.
func TestRowsByDayOfLoading(t *testing.T) {
	w := newWorld(t, Options{Seed: 12})
	wrong := map[string]bool{}
	for _, p := range personsOf(t, w) {
		for _, id := range p.AnonymousIDs {
			wrong[id] = wrong[id] || p.Flags&WrongClock != 0
		}
	}
	last := event.Micros(0)
	require.NoError(t, w.Each(t.Context(), 0, w.Options().Days, func(day int, r *Row) error {
		require.Equal(t, w.Day(day), r.UUIDTS.Time().Truncate(24*time.Hour))
		require.False(t, w.IsEmptyDay(day))
		slot := r.UUIDTS / 3600e6
		require.GreaterOrEqual(t, slot, last)
		last = slot
		require.Greater(t, r.UUIDTS, r.ReceivedAt)
		if wrong[r.AnonymousID] {
			return nil
		}
		require.GreaterOrEqual(t, r.ReceivedAt, r.Timestamp)
		if !r.IsDuplicate { // Segment's own formula
			require.Equal(t, r.Timestamp, r.ReceivedAt-(r.SentAt-r.OriginalTimestamp))
		}
		return nil
	}))
}

// Messages are an independent reading of the files.
type message struct {
	Type, MessageID, AnonymousID, UserID, PreviousID, Event, Name string
	Properties                                                    map[string]any
	Traits                                                        map[string]any
	Context                                                       struct {
		IP, UserAgent, Locale, Timezone string
		Library, Campaign, Page         map[string]string
	}
	OriginalTimestamp, SentAt, ReceivedAt, Timestamp *time.Time
}

// instantOf is a time of a message as the rows hold it.
func instantOf(at *time.Time) event.Micros {
	if at == nil {
		return 0
	}
	return event.MicrosOf(*at)
}

// Files hold exactly the generated rows, as valid JSON, whether compressed or not.
func TestFilesHoldTheRows(t *testing.T) {
	w := newWorld(t, Options{Seed: 13, Events: 5_000})
	plain, zipped := t.TempDir(), t.TempDir()
	var progress []int64
	require.NoError(t, w.WriteFiles(t.Context(), plain, 0, 400, func(n int64) { progress = append(progress, n) }))
	require.NoError(t, w.WriteFiles(t.Context(), zipped, 0, 150, nil, Gzip()))
	require.NoError(t, w.WriteFiles(t.Context(), zipped, 150, 400, nil, Gzip()))
	require.Len(t, progress, 400)

	byDay := map[string][]Row{}
	require.NoError(t, w.Each(t.Context(), 0, 400, func(day int, r *Row) error {
		name := filepath.Join(w.Options().Sources[r.Source], w.Day(day).Format("2006-01-02")+".jsonl")
		byDay[name] = append(byDay[name], *r)
		return nil
	}))
	files := 0
	for day := range 400 {
		for _, source := range w.Options().Sources {
			name := filepath.Join(source, w.Day(day).Format("2006-01-02")+".jsonl")
			content, err := os.ReadFile(filepath.Join(plain, name))
			require.NoError(t, err)
			require.Equal(t, string(content), unzip(t, filepath.Join(zipped, name+".gz")))
			checkFile(t, string(content), byDay[name])
			files++
		}
	}
	entries, err := filepath.Glob(filepath.Join(plain, "*", "*"))
	require.NoError(t, err)
	require.Len(t, entries, files)
}

// unzip reads a compressed file.
func unzip(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(name)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	zip, err := gzip.NewReader(bufio.NewReader(file))
	require.NoError(t, err)
	content, err := io.ReadAll(zip)
	require.NoError(t, err)
	return string(content)
}

// checkFile compares the messages of a file with the rows of its day.
func checkFile(t *testing.T, content string, rows []Row) {
	t.Helper()
	lines := strings.SplitAfter(content, "\n")
	require.Empty(t, lines[len(lines)-1])
	require.Len(t, lines[:len(lines)-1], len(rows))
	for i := range rows {
		var m message
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &m), lines[i])
		r := &rows[i]
		require.Equal(t, r.Kind.String(), m.Type)
		require.Equal(t, []string{r.ID, r.AnonymousID, r.UserID, r.PreviousID, r.EventText},
			[]string{m.MessageID, m.AnonymousID, m.UserID, m.PreviousID, m.Event})
		require.Equal(t, []string{r.IP, r.UserAgent, r.Locale, r.Timezone, r.LibraryName},
			[]string{m.Context.IP, m.Context.UserAgent, m.Context.Locale, m.Context.Timezone, m.Context.Library["name"]})
		require.Equal(t, []string{r.CampaignSource, r.CampaignMedium, r.CampaignName, r.CampaignTerm, r.CampaignContent},
			[]string{m.Context.Campaign["source"], m.Context.Campaign["medium"], m.Context.Campaign["name"], m.Context.Campaign["term"], m.Context.Campaign["content"]})
		require.Equal(t, r.MisspeltSource, m.Context.Campaign["soure"]+m.Context.Campaign["souce"])
		require.Equal(t, []event.Micros{r.ReceivedAt, r.SentAt, r.OriginalTimestamp},
			[]event.Micros{instantOf(m.ReceivedAt), instantOf(m.SentAt), instantOf(m.OriginalTimestamp)})
		require.Equal(t, r.HasTimestamp, m.Timestamp != nil)
		if r.HasTimestamp {
			require.Equal(t, r.Timestamp, instantOf(m.Timestamp))
		}
		if !r.IsBare {
			require.Equal(t, []string{r.URL, r.Referrer, r.Search}, []string{m.Context.Page["url"], m.Context.Page["referrer"], m.Context.Page["search"]})
		} else {
			require.Empty(t, m.Context.Page)
			require.Equal(t, r.URL, m.Properties["url"])
		}
		if r.SignupTable != "" {
			require.Equal(t, r.Plan, m.Properties["plan"])
			require.InDelta(t, r.Revenue, m.Properties["revenue"], 0)
		}
	}
}

// The truth is written as lines of JSON, one a person.
func TestTruthFile(t *testing.T) {
	w := newWorld(t, Options{Seed: 13, Events: 5_000})
	dir := t.TempDir()
	require.NoError(t, w.WriteTruthFile(t.Context(), dir))
	content, err := os.ReadFile(filepath.Join(dir, "truth.jsonl"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	persons := personsOf(t, w)
	require.Len(t, lines, len(persons))
	for i := range persons {
		var l personLine
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &l))
		require.Equal(t, persons[i].line(), l)
	}
}

// Strings of JSON are escaped.
func TestQuoting(t *testing.T) {
	for _, s := range []string{"", "plain", `a "b" \ c`, "tab\tnewline\nnul\x00", "Frühjahr – 🙂"} {
		var back string
		require.NoError(t, json.Unmarshal(appendQuoted(nil, s), &back))
		require.Equal(t, s, back)
	}
}

// Memory does not grow with the number of events: what is kept is a few bytes a unit.
func TestMemoryIsBounded(t *testing.T) {
	peak := func(events int64) uint64 {
		w := newWorld(t, Options{Seed: 14, Events: events})
		var peak uint64
		var stats runtime.MemStats
		n := 0
		runtime.GC()
		require.NoError(t, w.Each(t.Context(), 0, w.Options().Days, func(int, *Row) error {
			if n++; n%100_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&stats)
				peak = max(peak, stats.HeapAlloc)
			}
			return nil
		}))
		return peak
	}
	small, large := peak(200_000), peak(2_000_000)
	t.Logf("live heap: %d KiB at 200,000 events, %d KiB at 2 million", small>>10, large>>10)
	require.Less(t, large, small+(8<<20), "ten times the events in 8 MiB more")
}
