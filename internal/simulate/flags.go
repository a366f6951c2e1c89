package simulate

import "strings"

// A Flag says why no pipeline can know a person's truth from the rows. Persons
// without one, whose rows are all loaded, must come out exactly.
type Flag uint8

// The flags; a person may bear several.
const (
	// SharedDevice: a device is used by others too.
	SharedDevice Flag = 1 << iota
	// UnlinkedDevice: a device was never identified, its cookie cleared before, or the
	// person never identified any of several.
	UnlinkedDevice
	// WrongClock: timestamps of some session are wrong.
	WrongClock
	// MisspeltCampaign: some link misspelt utm_source.
	MisspeltCampaign
	// Bot: no person at all.
	Bot
	// NotLoaded: rows that matter are loaded only after the last day of the world.
	NotLoaded
)

var flagNames = []string{"shared_device", "unlinked_device", "wrong_clock", "misspelt_campaign", "bot", "not_loaded"}

// String is the names of the flags, joined by commas; empty for none.
func (f Flag) String() string {
	var names []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}

// settleFlags finds, once the life is drawn, what cannot be known of its members.
func (g *scheduler) settleFlags() {
	l := &g.life
	var used, linked, isUser [16]uint32 // by member, bits are devices; isUser by member
	shared := len(l.members) > 1
	for i := range l.sessions {
		s := &l.sessions[i]
		m := &l.members[s.member]
		if s.isServer {
			isUser[s.member] = 1
			continue
		}
		if s.clock != clockRight {
			m.flags |= WrongClock
		}
		if s.origin.carry == carryMisspelt {
			m.flags |= MisspeltCampaign
		}
		used[s.member] |= 1 << s.device
		if s.switchAt != none {
			used[s.member] |= 1 << s.second
		}
		if s.userFrom != none {
			isUser[s.member] = 1
			linked[s.member] |= 1 << s.deviceAt(int(s.userFrom))
			linked[s.member] |= 1 << s.deviceAt(int(s.events)-1)
		}
	}
	for i := range l.members {
		m := &l.members[i]
		switch {
		case shared:
			m.flags |= SharedDevice
		case isUser[i] != 0 && used[i]&^linked[i] != 0,
			isUser[i] == 0 && used[i]&(used[i]-1) != 0:
			m.flags |= UnlinkedDevice
		}
		if l.kind == unitBot {
			m.flags |= Bot
		}
	}
}
