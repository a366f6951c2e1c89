package simulate

// A scheduler draws lives. It is not safe for concurrent use; a [World] may have any
// number of them.
type scheduler struct {
	w    *World
	d    dice
	life life
	role role
	at   int64 // where the timeline of the unit stands: end of its last session
}

// live draws the life of a unit. The result is valid until the next call.
func (g *scheduler) live(unit uint32) *life {
	w := g.w
	l := &g.life
	l.unit = unit
	l.members, l.devices, l.sessions = l.members[:0], l.devices[:0], l.sessions[:0]
	g.d.seed(w.options.Seed, uint64(unit)+1)
	g.role = w.roleOf(unit)
	g.at = w.calendar.start + int64(w.birthDay(unit))*day + timeOfDay(&g.d)
	l.kind = g.kindOf(g.role)
	l.members = append(l.members, member{})
	switch l.kind {
	case unitVisitor:
		g.visitor()
	case unitCustomer:
		g.customer()
	case unitFamily, unitKiosk:
		g.sharers()
	case unitBot:
		g.bot()
	}
	g.settleFlags()
	return l
}

// kindOf draws what the unit is.
func (g *scheduler) kindOf(role role) uint8 {
	o := &g.w.options
	v := g.d.unit()
	if role != roleNone {
		return roles[role].kind
	}
	for _, k := range [...]struct {
		share float64
		kind  uint8
	}{
		{o.Customers, unitCustomer},
		{o.SharedDevices, unitFamily},
		{o.SharedDevices / 10, unitKiosk},
		{o.Bots, unitBot},
	} {
		if v < k.share {
			return k.kind
		}
		v -= k.share
	}
	return unitVisitor
}

// addDevice gives the unit one more device and returns its index.
func (g *scheduler) addDevice(platform uint8) uint8 {
	d := &g.d
	v := device{
		platform: platform,
		agent:    uint8(d.n(len(userAgents[platform]))),
		locale:   uint8(d.n(len(locales))),
		isBare:   d.chance(0.03),
		source:   uint8(g.w.websiteOf(g.life.unit)),
	}
	if d.chance(0.2) { // a clock some minutes off, which Segment corrects
		v.skew = d.between(-20*minute, 20*minute)
	}
	if isApp(platform) {
		v.source = uint8(g.w.appSource())
	}
	g.life.devices = append(g.life.devices, v)
	return uint8(len(g.life.devices) - 1)
}

// platform draws a platform; app allows for the mobile apps.
func (g *scheduler) platform(app bool) uint8 {
	v := g.d.n(100)
	switch {
	case v < 58:
		return desktop
	case v < 86 || !app:
		return mobileWeb
	case v < 94:
		return ios
	default:
		return android
	}
}

// size draws the number of events of a session and its length.
func (g *scheduler) size() (events int16, length int64) {
	d := &g.d
	if d.chance(0.24) {
		return 1, 0
	}
	events = int16(1 + d.tail(2, 70))
	return events, int64(events-1) * d.tail(9*second, 9*minute)
}

// later moves the timeline to the start of the next session: more often within the
// day, else after days, by a heavy tail.
func (g *scheduler) later() int64 {
	d := &g.d
	earliest := g.at + sessionGap + 1
	if d.chance(0.3) {
		return earliest + d.tail(3*minute, 5*hour)
	}
	days := d.tail(2, 240) / 2
	if g.role != roleNone { // must come to its point before the world ends
		days = min(days, 12)
	}
	at := (g.at/day+max(1, days))*day + timeOfDay(d)
	if isWeekend(at) && d.chance(0.4) {
		at += 2 * day
	}
	return max(at, earliest)
}

// add appends a session of the given start, unless the world ends before, with its
// size (at least the given number of events), origin and delivery drawn. It returns
// nil at the world's end.
func (g *scheduler) add(start int64, device, member uint8, least int16) *session {
	w, d := g.w, &g.d
	for w.calendar.isEmpty(start) { // the site is down
		start += day
	}
	events, length := g.size()
	if events < least {
		events, length = least, int64(least-1)*35*second
	}
	s := newSession(start, events, device, member, d.key())
	s.length = length
	app := isApp(g.life.devices[device].platform)
	s.origin = g.origin(app)
	s.isSPA = d.chance(w.options.SinglePageApps)
	if events > 3 && d.chance(0.02) && !app {
		g.openMail(&s)
	}
	if events > 3 && d.chance(0.01) && g.role == roleNone {
		g.pause(&s)
	}
	if d.chance(0.004) && g.role == roleNone {
		g.moveToEdge(&s)
	}
	if d.chance(w.options.WrongClocks) && g.role == roleNone {
		s.clock = uint8(1 + d.n(clockMissing))
	}
	g.deliver(&s)
	if first := roles[g.role].first; first != nil && len(g.life.sessions) == 0 {
		first(g, &s)
	}
	if s.end()+sessionGap >= w.calendar.end {
		return nil
	}
	g.life.sessions = append(g.life.sessions, s)
	g.at = s.end()
	return &g.life.sessions[len(g.life.sessions)-1]
}

// origin draws what begins a session.
func (g *scheduler) origin(app bool) origin {
	d := &g.d
	weights := webWeights
	if app {
		weights = appWeights
	}
	return g.originOf(d.weighted(weights))
}

// originOf draws the details of a cause.
func (g *scheduler) originOf(i int) origin {
	d := &g.d
	c := &causes[i]
	o := origin{cause: uint8(i)}
	if c.hasCampaign() {
		o.campaign = uint8(d.skewed(len(c.campaigns)))
	}
	o.click = c.clickAlone || c.clickCampaign || d.chance(0.85)
	o.extras = c.hasCampaign() && d.chance(0.5)
	switch v := d.n(100); {
	case v < 72:
		o.carry = carryBoth
	case v < 82:
		o.carry = carryURL
	case v < 92:
		o.carry = carryColumns
	default:
		o.carry = carryPartly
	}
	switch v := d.n(100); {
	case v < 5:
		o.spelling = spellCased
	case v < 7:
		o.spelling = spellSpaced
	}
	if d.chance(g.w.options.Misspelt) && g.role == roleNone && c.isTagged() && !c.clickAlone && !c.clickCampaign {
		o.carry = carryMisspelt
	}
	if c.app {
		o.carry = carryColumns
	}
	return o
}

// openMail has a link of a newsletter opened in mid-session.
func (g *scheduler) openMail(s *session) {
	s.middle = origin{cause: causeNewsletter, campaign: uint8(g.d.skewed(len(emailCampaigns)))}
	s.middleAt = int16(1 + g.d.n(int(s.events)-1))
}

// pause puts a gap of exactly 20:00.000 into a session.
func (g *scheduler) pause(s *session) {
	s.pauseAt = int16(1 + g.d.n(int(s.events)-1))
	s.pauseFrom = 0
	if s.pauseAt > 1 {
		s.pauseFrom = int64(s.pauseAt-1) * 30 * second
	}
	s.length = s.pauseFrom + sessionGap + int64(s.events-s.pauseAt-1)*40*second
}

// moveToEdge moves a session later, so that it straddles the next change of month or
// of daylight-saving time.
func (g *scheduler) moveToEdge(s *session) {
	if s.events < 2 {
		s.events, s.length = 4, 6*minute
	}
	for _, edge := range g.w.calendar.edges {
		start := edge - s.length/2
		if start >= s.start && !g.w.calendar.isEmpty(start) {
			s.start, s.lateFrom, s.dupAt = start, none, 0
			return
		}
	}
}

// deliver draws how the rows of a session reach Segment. Those of the cast arrive at
// once, unless their role is to be late.
func (g *scheduler) deliver(s *session) {
	w, d := g.w, &g.d
	rare := d.chance(0.05)
	late, dup := d.chance(w.options.Late), d.chance(w.options.Duplicates)
	if g.role != roleNone {
		return
	}
	from, minutes := int16(0), d.tail(12, 6*24*60)
	if d.chance(0.5) {
		from = int16(d.n(int(s.events)))
	}
	switch {
	case late && rare:
		g.late(s, from, d.between(30, 400)*day)
	case late:
		g.late(s, from, minutes*minute)
	case dup:
		s.dupAt = s.end() + latestSend + minutes*minute/2
	}
}

// late makes the events of a session from the given one on late, by as much as fits
// into the world.
func (g *scheduler) late(s *session, from int16, by int64) {
	s.dupAt = 0
	s.lateFrom = from
	s.lateAt = s.end() + latestSend + by
	if last := g.w.calendar.end - day; s.lateAt > last {
		s.lateAt = max(last, s.end()+latestSend)
	}
}
