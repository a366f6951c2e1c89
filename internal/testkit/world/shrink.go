package world

import (
	"maps"
	"slices"
)

// Shrink makes a failing world smaller while it still fails: it drops rows, empty
// nights and fields, brings rows forward, and goes back to default settings, each as
// long as fails stays true. The result is still a legal world. fails must be
// deterministic and true of w.
func Shrink(w World, fails func(World) bool) World {
	w = w.clone()
	try := func(smaller World) bool {
		if smaller.legal() != nil || !fails(smaller.clone()) {
			return false
		}
		w = smaller
		return true
	}
	for changed := true; changed; {
		changed = false
		for _, pass := range []func() bool{
			func() bool { return shrinkRows(&w, try) },
			func() bool { return shrinkNights(&w, try) },
			func() bool { return shrinkSettings(&w, try) },
			func() bool { return shrinkFields(&w, try) },
		} {
			if pass() {
				changed = true
			}
		}
	}
	return w
}

// shrinkRows drops rows, in runs of half the world first, then ever shorter ones.
func shrinkRows(w *World, try func(World) bool) (changed bool) {
	for n := max(1, len(w.Rows)/2); n >= 1; n /= 2 {
		for at := 0; at < len(w.Rows); {
			smaller := w.clone()
			smaller.Rows = slices.Delete(smaller.Rows, at, min(at+n, len(smaller.Rows)))
			if try(smaller) {
				changed = true
			} else {
				at += n
			}
		}
	}
	return changed
}

// shrinkNights drops nights without rows and lets rows arrive a night sooner.
func shrinkNights(w *World, try func(World) bool) (changed bool) {
	for night := len(w.AsOf) - 1; night >= 0; night-- {
		if len(w.AsOf) > 1 && !slices.ContainsFunc(w.Rows, func(r Row) bool { return r.Night == night }) {
			smaller := w.clone()
			smaller.AsOf = slices.Delete(smaller.AsOf, night, night+1)
			for i := range smaller.Rows {
				if smaller.Rows[i].Night > night {
					smaller.Rows[i].Night--
				}
			}
			changed = try(smaller) || changed
		}
	}
	for i := range w.Rows {
		for w.Rows[i].Night > 0 {
			smaller := w.clone()
			smaller.move(i, w.Rows[i].Night-1, smaller.AsOf[0])
			if smaller.Rows[i].Night == w.Rows[i].Night || !try(smaller) {
				break
			}
			changed = true
		}
	}
	return changed
}

// shrinkSettings goes back to the defaults, one setting at a time.
func shrinkSettings(w *World, try func(World) bool) (changed bool) {
	d := DefaultSettings()
	for _, reset := range []func(*Settings) bool{
		func(s *Settings) bool { c := s.Gap != d.Gap; s.Gap = d.Gap; return c },
		func(s *Settings) bool { c := s.Lookback != d.Lookback; s.Lookback = d.Lookback; return c },
		func(s *Settings) bool { c := s.Policy != d.Policy; s.Policy = d.Policy; return c },
		func(s *Settings) bool {
			c := s.MaxUsersPerAnonymousID != d.MaxUsersPerAnonymousID
			s.MaxUsersPerAnonymousID = d.MaxUsersPerAnonymousID
			return c
		},
		func(s *Settings) bool {
			c := s.MaxComponentSize != d.MaxComponentSize
			s.MaxComponentSize = d.MaxComponentSize
			return c
		},
		func(s *Settings) bool {
			c := s.UseAliasCalls != d.UseAliasCalls
			s.UseAliasCalls = d.UseAliasCalls
			return c
		},
		func(s *Settings) bool { c := len(s.Blocked) != len(d.Blocked); s.Blocked = d.Blocked; return c },
		func(s *Settings) bool { c := s.ExcludeBots; s.ExcludeBots = false; return c },
		func(s *Settings) bool { c := s.EachPurchase; s.EachPurchase = false; return c },
		func(s *Settings) bool { c := s.Purchases; s.Purchases = false; return c },
		func(s *Settings) bool { c := len(s.Traits) > 0; s.Traits = nil; return c },
		func(s *Settings) bool { c := len(s.Lookbacks) > 0; s.Lookbacks = nil; return c },
		func(s *Settings) bool { c := s.HalfLife != d.HalfLife; s.HalfLife = d.HalfLife; return c },
		func(s *Settings) bool { c := s.MarkovOrder != d.MarkovOrder; s.MarkovOrder = d.MarkovOrder; return c },
		func(s *Settings) bool { c := s.MarkovNulls != d.MarkovNulls; s.MarkovNulls = d.MarkovNulls; return c },
		func(s *Settings) bool { c := len(s.IgnoreEvents) > 0; s.IgnoreEvents = nil; return c },
	} {
		smaller := w.clone()
		if reset(&smaller.Settings) && try(smaller) {
			changed = true
		}
	}
	return changed
}

// shrinkFields makes values NULL, all but the three that say which row it is and when.
func shrinkFields(w *World, try func(World) bool) (changed bool) {
	for i := range w.Rows {
		for _, column := range slices.Sorted(maps.Keys(w.Rows[i].Values)) {
			if column == "id" || column == "received_at" || column == "uuid_ts" {
				continue
			}
			smaller := w.clone()
			delete(smaller.Rows[i].Values, column)
			changed = try(smaller) || changed
		}
	}
	return changed
}
