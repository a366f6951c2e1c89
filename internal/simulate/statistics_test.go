package simulate

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// Numbers of a middling world lie where the documentation says.
func TestStatistics(t *testing.T) {
	w := newTraffic(t, Options{Seed: 21, Events: 200_000})
	var events, duplicates, late, weekend, night int
	pages := map[string]int{}
	for i := range w.rows {
		r := &w.rows[i]
		if r.IsDuplicate {
			duplicates++
			continue
		}
		if !r.Kind.IsActivity() {
			continue
		}
		events++
		if r.ReceivedAt.Sub(r.Timestamp) > 24*time.Hour && r.Timestamp > event.MinTime {
			late++
		}
		if isWeekend(int64(r.ReceivedAt / 1000)) {
			weekend++
		}
		if r.ReceivedAt.Time().Hour() < 5 {
			night++
		}
		pages[r.Path]++
	}
	share := func(n int) float64 { return float64(n) / float64(events) }
	require.InDelta(t, 200_000, events, 20_000)
	require.InDelta(t, 0.02, share(duplicates), 0.015)
	require.InDelta(t, 0.01, share(late), 0.009)
	require.InDelta(t, 0.2, share(weekend), 0.06, "of 2/7 if all days were alike")
	require.Less(t, share(night), 0.15, "of 5/24 if all hours were alike")
	require.Greater(t, share(pages["/"]), 0.05, "few pages have most views")
	require.Greater(t, len(pages), 150)

	devices, signups, known := 0, 0, 0
	for _, p := range w.persons {
		devices += len(p.AnonymousIDs)
		if p.IsSignedUp {
			signups++
		}
		if p.Flags == 0 {
			known++
		}
	}
	require.InDelta(t, 22, float64(events)/float64(devices), 5, "events a device")
	require.Less(t, float64(signups)/float64(len(w.persons)), 0.1, "over nine in ten never sign up")
	require.Greater(t, float64(known)/float64(len(w.persons)), 0.9)
}

// The number of events is near the one asked for, at any length of the world.
func TestEventsAreAsMany(t *testing.T) {
	for _, o := range []Options{
		{Seed: 1, Events: 1_000},
		{Seed: 2, Events: 20_000},
		{Seed: 3, Events: 20_000, Days: 30},
		{Seed: 4, Events: 1_000_000},
		{Seed: 5, Events: 1_000_000, Days: 7},
		{Seed: 6, Events: 500_000, Bots: -1, Days: 1500},
	} {
		events := 0
		w := newWorld(t, o)
		require.NoError(t, w.Each(t.Context(), 0, w.Options().Days, func(_ int, r *Row) error {
			if r.Kind.IsActivity() && !r.IsDuplicate {
				events++
			}
			return nil
		}))
		within := 0.2
		switch {
		case o.Events < 20_000:
			within = 1
		case o.Events > 200_000:
			within = 0.1
		}
		require.InEpsilon(t, o.Events, events, within, "%+v", o)
	}
}

// A rate below zero turns a phenomenon off, in the cast too.
func TestRatesBelowZero(t *testing.T) {
	w := newTraffic(t, Options{
		Seed: 1, SharedDevices: -1, Late: -1, Duplicates: -1, WrongClocks: -1, Bots: -1, Misspelt: -1,
		ServerSignups: -1, AliasCalls: -1, ClearedCookies: -1, RepeatSignups: -1, MultiDevice: -1, SinglePageApps: -1,
	})
	for _, name := range []string{
		"a family shares a computer", "a kiosk has more than five users", "rows are days late", "a row comes twice",
		"a clock is years ahead", "a timestamp is missing", "a bot has a thousand page views", "a campaign column is misspelt",
		"the back end sends a signup", "alias is called", "a person signs up several times", "a person changes devices in mid-session",
	} {
		require.False(t, phenomena[name](w), name)
	}
	none := newTraffic(t, Options{Seed: 1, Customers: -1, SharedDevices: -1})
	require.False(t, none.some(func(r *Row) bool { return r.UserID != "" }))
}

// Wrong options are refused with what is wanted instead.
func TestOptionsAreChecked(t *testing.T) {
	for want, o := range map[string]Options{
		"want 1000 to 100000000":    {Events: 5},
		"want 1 to 4000":            {Days: -1},
		"want 2001 to 2085":         {From: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)},
		"listed twice":              {Sources: []string{"a", "a"}},
		"the name of a schema":      {Sources: []string{""}},
		"whole hours":               {SyncEvery: 90 * time.Minute},
		"more than all units":       {Customers: 2},
		"want at most 200":          {Sources: make([]string, 201)},
		"first day in 2090: want 2": {From: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := New(o)
		require.ErrorContains(t, err, want)
	}
	w := newWorld(t, Options{})
	require.Equal(t, DefaultFrom(), w.Options().From)
	require.Equal(t, DefaultSources(), w.Options().Sources)
	require.ErrorContains(t, w.Each(t.Context(), 3, 500, nil), "the world has days 0 to 400")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.Each(ctx, 0, 10, func(int, *Row) error { return nil }), context.Canceled)
}
