package simulate

import (
	"cmp"
	"slices"
)

// A role is a part that one unit of every world plays, so that each phenomenon is
// present even in a small one, whatever the seed.
type role uint8

const (
	roleNone role = iota

	// Customers.
	roleLongHistory
	roleExactGap
	roleSameInstant
	roleSameSecond
	roleServerSignup
	roleServerOnly
	roleServerFirst
	roleRepeatSignup
	roleAliasDevice
	roleAliasUsers
	roleClearedCookie
	roleManyDevices
	roleSwitch
	roleBlogFirst
	roleMailInSession
	roleMailAfterSignup
	rolePayment

	// Units of their own kind.
	roleFamily
	roleKiosk
	roleBot

	// Visitors.
	roleLateDays
	roleLateMonths
	roleDuplicates
	roleSinglePage
	roleMisspelt
	roleURLOnly
	roleColumnsOnly
	roleMobile
	roleMonthEdge
	roleYearEdge
	roleClock // and one more for each way to be wrong
	roleCause = roleClock + clockMissing
	roleEnd   = roleCause + firstOtherCause
)

// roles says of each role which kind of unit plays it and what is special in the
// unit's first session.
var roles = func() [roleEnd]struct {
	kind  uint8
	first func(*scheduler, *session)
} {
	var all [roleEnd]struct {
		kind  uint8
		first func(*scheduler, *session)
	}
	for r := roleLongHistory; r <= rolePayment; r++ {
		all[r].kind = unitCustomer
	}
	all[roleFamily].kind, all[roleKiosk].kind, all[roleBot].kind = unitFamily, unitKiosk, unitBot

	all[roleExactGap].first = func(g *scheduler, s *session) { s.resize(6, 5*minute); g.pause(s) }
	all[roleBlogFirst].first = func(g *scheduler, s *session) {
		s.landing, s.origin = int16(g.d.skewed(len(blogPages))), g.originOf(causeGoogleSearch)
	}
	all[roleMailInSession].first = func(g *scheduler, s *session) {
		s.resize(6, 5*minute)
		s.origin = origin{}
		g.openMail(s)
	}
	all[roleMailAfterSignup].first = func(_ *scheduler, s *session) {
		s.resize(6, 5*minute)
		s.origin = origin{}
		s.middle, s.middleAt = origin{cause: causeNewsletter}, 5
	}
	all[roleLateDays].first = func(g *scheduler, s *session) { g.late(s, 0, 3*day) }
	all[roleLateMonths].first = func(g *scheduler, s *session) { g.late(s, 0, g.d.between(200, 400)*day) }
	all[roleDuplicates].first = func(_ *scheduler, s *session) {
		s.lateFrom, s.dupAt = none, s.end()+hour
	}
	all[roleSinglePage].first = func(g *scheduler, s *session) {
		s.resize(8, 7*minute)
		s.isSPA, s.origin = true, g.originOf(causeGoogleSearch)
	}
	all[roleMisspelt].first = func(g *scheduler, s *session) {
		s.origin = origin{cause: causeNewsletter, carry: carryMisspelt}
	}
	all[roleURLOnly].first = func(g *scheduler, s *session) {
		s.origin = origin{cause: causeNewsletter, carry: carryURL}
	}
	all[roleColumnsOnly].first = func(g *scheduler, s *session) {
		s.origin = origin{cause: causeNewsletter, carry: carryColumns, spelling: spellCased}
	}
	all[roleMonthEdge].first = (*scheduler).moveToEdge
	all[roleYearEdge].first = (*scheduler).moveToYear
	for i := range role(clockMissing) {
		all[roleClock+i].first = func(_ *scheduler, s *session) { s.clock = uint8(i) + 1 }
	}
	for i := range role(firstOtherCause) {
		all[roleCause+i].first = func(g *scheduler, s *session) { s.origin = g.originOf(int(i)) }
	}
	return all
}()

// resize sets the size of a session that has nothing yet at any of its events.
func (s *session) resize(events int16, length int64) {
	s.events, s.length = events, length
	s.pauseAt, s.middleAt, s.lateFrom, s.dupAt = none, none, none, 0
}

// moveToYear moves a session so that it straddles the next turn of the year.
func (g *scheduler) moveToYear(s *session) {
	if s.events < 2 {
		s.resize(4, 6*minute)
	}
	for _, edge := range g.w.calendar.edges {
		if start := edge - s.length/2; start >= s.start && isNewYear(edge) && !g.w.calendar.isEmpty(start) {
			s.start, s.lateFrom, s.dupAt = start, none, 0
			return
		}
	}
}

// A player is a unit with a role.
type player struct {
	unit uint32
	role role
}

// newCast spreads the roles over the units: those that need time early.
func newCast(units uint32, o Options) []player {
	var cast []player
	taken := make(map[uint32]bool)
	for r := roleNone + 1; r < roleEnd; r++ {
		if rate := o.rateOf(r); rate == 0 {
			continue
		}
		unit := uint32(uint64(units) * (uint64(r) + 5) / (2*uint64(roleEnd) + 10))
		if r == roleLongHistory {
			unit = 0
		}
		for taken[unit] {
			unit++
		}
		if unit < units {
			taken[unit] = true
			cast = append(cast, player{unit, r})
		}
	}
	slices.SortFunc(cast, func(a, b player) int { return cmp.Compare(a.unit, b.unit) })
	return cast
}

// rateOf is the rate a role belongs to: nobody plays a phenomenon that the options
// turn off.
func (o Options) rateOf(r role) float64 {
	switch {
	case r >= roleClock && r < roleCause:
		return o.WrongClocks
	case r == roleFamily || r == roleKiosk:
		return o.SharedDevices
	case r == roleBot:
		return o.Bots
	case r == roleLateDays || r == roleLateMonths:
		return o.Late
	case r == roleDuplicates:
		return o.Duplicates
	case r == roleSinglePage:
		return o.SinglePageApps
	case r == roleMisspelt:
		return o.Misspelt
	case r == roleServerSignup || r == roleServerOnly || r == roleServerFirst:
		return o.ServerSignups * o.Customers
	case r == roleRepeatSignup:
		return o.RepeatSignups * o.Customers
	case r == roleAliasDevice || r == roleAliasUsers:
		return o.AliasCalls * o.Customers
	case r == roleClearedCookie:
		return o.ClearedCookies * o.Customers
	case r == roleManyDevices || r == roleSwitch:
		return o.MultiDevice * o.Customers
	case roles[r].kind == unitCustomer:
		return o.Customers
	}
	return 1
}
