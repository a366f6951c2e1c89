package simulate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// newWorld is a world that must be valid.
func newWorld(t testing.TB, o Options) *World {
	t.Helper()
	w, err := New(o)
	require.NoError(t, err)
	return w
}

// rowsOf are the rows of a span of days, duplicates included.
func rowsOf(t testing.TB, w *World, from, to int) (rows []Row) {
	t.Helper()
	require.NoError(t, w.Each(t.Context(), from, to, func(_ int, r *Row) error {
		rows = append(rows, *r)
		return nil
	}))
	return rows
}

// originals are the rows without their duplicates.
func originals(rows []Row) (kept []Row) {
	for i := range rows {
		if !rows[i].IsDuplicate {
			kept = append(kept, rows[i])
		}
	}
	return kept
}

// personsOf are the persons of a world.
func personsOf(t testing.TB, w *World) (persons []Person) {
	t.Helper()
	require.NoError(t, w.EachPerson(t.Context(), func(p *Person) error {
		persons = append(persons, *p)
		return nil
	}))
	return persons
}

// Every person without a flag comes out of a recount of the rows exactly as the truth
// has it, on every night from the person's settling on.
func TestTruthEqualsRecount(t *testing.T) {
	for _, o := range []Options{
		{Seed: 1},
		{Seed: 2},
		{Seed: 3, Events: 60_000},
		{Seed: 4, Days: 60},
		{Seed: 5, Days: 1000, Events: 5_000},
		{Seed: 6, Customers: 0.6},
		{Seed: 7, Customers: 0.5, AliasCalls: 0.6, MultiDevice: 1, Late: 0.4},
		{Seed: 8, Sources: []string{"one"}, Customers: 0.4},
		{Seed: 9, Sources: []string{"a", "b", "c", "d"}, SyncEvery: 24 * 3600e9},
	} {
		t.Run(fmt.Sprintf("seed %d", o.Seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			persons := personsOf(t, w)
			days := w.Options().Days
			for _, night := range []int{days / 3, days / 2, days - 1, days} {
				checkTruth(t, w, persons, night)
			}
		})
	}
}

// checkTruth compares the truth with a recount of what is loaded before a day.
func checkTruth(t *testing.T, w *World, persons []Person, night int) {
	t.Helper()
	found := recount(t, w.Options().Sources, originals(rowsOf(t, w, 0, night)))
	asOf := event.MicrosOf(w.Day(night))
	checked, signups := 0, 0
	for i := range persons {
		p := &persons[i]
		if p.Flags != 0 || p.SettledAt >= asOf {
			continue
		}
		c, ok := found[event.Person{AliasID: p.AliasID, IsIdentified: p.IsIdentified}]
		require.True(t, ok, "night %d: no rows of person %+v", night, p)
		require.Equal(t, p.IsSignedUp, c.signedUp, "night %d: %+v", night, p)
		if p.IsSignedUp {
			signups++
			require.Equal(t, p.SignupAt.Time(), c.signup.Time(), "night %d: %+v", night, p)
			require.Equal(t, p.SessionsBeforeSignup, c.before, "night %d: %+v", night, p)
		} else {
			require.Equal(t, p.Sessions, c.sessions, "night %d: %+v", night, p)
		}
		require.Equal(t, p.FirstTouch, c.touch, "night %d: %+v", night, p)
		checked++
	}
	require.Greater(t, checked, 20, "night %d", night)
	if night == w.Options().Days {
		require.Greater(t, checked*10, len(persons)*7, "most persons can be known")
		require.Greater(t, signups, 5)
	}
}

// Identifiers belong to one person, but for devices that are shared and flagged so.
func TestIdentifiersBelongToOnePerson(t *testing.T) {
	w := newWorld(t, Options{Seed: 3})
	owners := map[string][]Person{}
	for _, p := range personsOf(t, w) {
		for _, id := range p.AnonymousIDs {
			owners["anon "+id] = append(owners["anon "+id], p)
		}
		for _, id := range p.UserIDs {
			owners["user "+id] = append(owners["user "+id], p)
		}
	}
	for id, persons := range owners {
		if len(persons) > 1 {
			for _, p := range persons {
				require.NotZero(t, p.Flags&SharedDevice, "%s: %+v", id, p)
			}
		}
	}
	for _, r := range rowsOf(t, w, 0, w.Options().Days) {
		if r.AnonymousID != "" {
			require.Contains(t, owners, "anon "+r.AnonymousID)
		}
		if r.UserID != "" {
			require.Contains(t, owners, "user "+r.UserID)
		}
	}
}

// Each flag occurs, and prints as its name.
func TestFlags(t *testing.T) {
	var seen Flag
	for _, p := range personsOf(t, newWorld(t, Options{Seed: 1, Events: 200_000})) {
		seen |= p.Flags
	}
	require.Equal(t, "shared_device,unlinked_device,wrong_clock,misspelt_campaign,bot,not_loaded", seen.String())
	require.Empty(t, Flag(0).String())
}
