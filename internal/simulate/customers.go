package simulate

// customer draws the life of somebody who comes to sign up, if the world lasts.
func (g *scheduler) customer() {
	d, o := &g.d, &g.w.options
	if g.role == roleServerOnly || g.role == roleNone && d.chance(o.ServerSignups*0.08) {
		g.server(g.at, 0)
		return
	}
	devices := g.customerDevices()
	if g.role == roleServerFirst || g.role == roleNone && d.chance(o.ServerSignups*0.1) {
		g.server(g.at, 0) // signed up by the sales team, comes only later
		g.at += d.between(hour, 3*day)
		if s := g.add(g.at, 0, 0, 3); s == nil || !g.comeBack(s, true) {
			return
		}
		g.customerAfter(devices)
		return
	}
	if !g.customerBefore(devices) {
		return
	}
	s := g.add(g.signupStart(), uint8(d.n(devices)), 0, 4)
	if s == nil {
		return
	}
	g.switchDevices(s, devices)
	at, server := g.signUp(s), !hasSignup(s)
	switch {
	case server: // the back end sends it instead, at once or after an approval
		after := d.between(200, 3000)
		if d.chance(0.2) {
			after = d.between(hour, 5*day)
		}
		g.server(at+after, uint8(d.n(2)))
	case g.role == roleRepeatSignup || d.chance(o.RepeatSignups):
		g.server(at+d.between(100, 2500), 1)
	}
	g.customerAfter(devices)
}

// customerDevices gives a customer devices and returns their number. One more, whose
// cookie will be cleared, may follow them.
func (g *scheduler) customerDevices() int {
	d := &g.d
	n := 1
	switch {
	case g.role == roleLongHistory:
	case g.role == roleManyDevices:
		n = 3
	case g.role == roleSwitch:
		n = 2
	case d.chance(g.w.options.MultiDevice):
		n = 2
		if d.chance(0.25) {
			n = 3
		}
	}
	for i := range n {
		platform := g.platform(i > 0)
		if i > 0 && g.role == roleManyDevices {
			platform = []uint8{desktop, mobileWeb, android}[i]
		}
		g.addDevice(platform)
	}
	return n
}

// customerBefore adds the anonymous sessions before the signup's.
func (g *scheduler) customerBefore(devices int) bool {
	d := &g.d
	cleared := g.role == roleClearedCookie || g.role == roleNone && d.chance(g.w.options.ClearedCookies)
	sessions := d.tail(1, 14) - 1
	switch g.role {
	case roleLongHistory:
		sessions = 2
	case roleClearedCookie, roleExactGap, roleBlogFirst, roleMailInSession, roleManyDevices:
		sessions = max(sessions, 3)
	case roleMailAfterSignup: // the signup's session is the first
		sessions = 0
	}
	for i := range sessions {
		var device uint8
		start := g.at
		if i > 0 {
			start = g.later()
			if i == 1 && (g.role == roleExactGap || d.chance(0.01)) {
				start = g.at + sessionGap + 1 // a gap of 20:00.001
			}
			if g.role == roleManyDevices {
				device = uint8(int(i) % devices)
			} else if d.chance(0.3) {
				device = uint8(d.n(devices))
			}
		}
		if i == 0 && cleared {
			device = g.addDevice(g.platform(false))
		}
		if g.add(start, device, 0, 1) == nil {
			return false
		}
	}
	return true
}

// signupStart is when the session of the signup begins. Some customers come back
// after months, one after more than a year where the world is long enough.
func (g *scheduler) signupStart() int64 {
	d := &g.d
	if len(g.life.sessions) == 0 {
		return g.at
	}
	wait := int64(0)
	if d.chance(0.12) {
		wait = d.between(30, 300) * day
	}
	if g.role == roleLongHistory {
		first := g.life.sessions[0].start
		wait = min(d.between(366, 380)*day, g.w.calendar.end-5*day-first)
		return max(first+wait, g.at+hour)
	}
	return g.later() + wait
}

// switchDevices may have a customer change from one device to another within the
// session, by typing the address into the other one.
func (g *scheduler) switchDevices(s *session, devices int) {
	if g.role == roleSwitch {
		s.middleAt = none
	}
	if devices < 2 || s.events < 4 || s.middleAt != none || !(g.role == roleSwitch || g.d.chance(0.1)) {
		return
	}
	s.second = uint8((int(s.device) + 1) % devices)
	s.switchAt = 1 + int16(g.d.n(int(s.events)-2))
}

// signUp puts a call of identify and a signup into a session, sometimes in the same
// second or at the same instant, and returns the time of the event. Where the back
// end sends the signup, there is only the identify.
func (g *scheduler) signUp(s *session) int64 {
	d, o := &g.d, &g.w.options
	k := int16(1 + d.n(int(s.events)-1))
	if g.role == roleMailAfterSignup {
		k = 2
	}
	at := s.at(int(k))
	s.identifyAt, s.userFrom = k, k
	if s.middleAt == k {
		s.middleAt = none
	}
	switch v := d.n(100); {
	case v < 15 && g.role != roleSameSecond || g.role == roleSameInstant:
		s.identifyBy = 0
	case v < 45 || g.role == roleSameSecond:
		s.identifyBy = d.between(0, 999) - at%second
	default:
		s.identifyBy = -d.between(1*second, 8*second)
	}
	byServer := d.chance(o.ServerSignups) && g.life.kind == unitCustomer
	switch g.role {
	case roleNone:
	case roleServerSignup:
		byServer = true
	default:
		byServer = false
	}
	if !byServer {
		s.signupAt, s.signupName = k, uint8(d.skewed(2))
	}
	if g.role == roleAliasDevice || d.chance(o.AliasCalls*0.6) {
		s.aliasAt = k
	}
	return at
}

// hasSignup reports whether the session itself holds a signup.
func hasSignup(s *session) bool { return s.signupAt != none }

// server adds an event of the back end that names a signup: a user_id, no
// anonymous_id, no page.
func (g *scheduler) server(at int64, name uint8) {
	s := newSession(at, 1, 0, 0, g.d.key())
	s.isServer, s.signupAt, s.signupName = true, 0, name
	g.life.sessions = append(g.life.sessions, s)
}

// login has identify called at the given event, or at the last.
func (s *session) login(k int16) {
	s.identifyAt = min(k, s.events-1)
	s.userFrom = s.identifyAt
}

// comeBack makes a session one of a person who has signed up before. It returns
// whether the device is now linked.
func (g *scheduler) comeBack(s *session, login bool) bool {
	d := &g.d
	dev := &g.life.devices[s.device]
	switch {
	case dev.linked && d.chance(0.9):
		s.userFrom = 0
		s.inApp = d.chance(0.6) && !isApp(dev.platform)
	case !dev.linked && (login || d.chance(0.6)):
		s.login(1)
		dev.linked = true
	}
	if s.inApp { // bookmarked, or sent on by the login
		s.origin = g.originOf([]int{causeDirect, causeDirect, causeSelf, causeGoogleLogin}[d.n(4)])
		s.middleAt = none
	}
	if s.userFrom != none && s.events >= 4 && !isApp(dev.platform) && (g.role == rolePayment || d.chance(0.05)) {
		s.payAt = 2
	}
	return dev.linked
}

// customerAfter adds what follows the signup: sessions, another signup, another
// user_id, and a login on each device used before.
func (g *scheduler) customerAfter(devices int) {
	d, o := &g.d, &g.w.options
	g.markLinked()
	sessions := int64(0)
	if d.chance(0.6) || g.role == rolePayment {
		sessions = d.tail(1, 60)
	}
	if g.role != roleNone { // small, for small worlds
		sessions = min(sessions, 3)
	}
	for i := range sessions {
		s := g.add(g.later(), uint8(d.n(devices)), 0, 1)
		if s == nil {
			return
		}
		if g.role == rolePayment && s.events < 4 {
			s.resize(6, 5*minute)
			g.at = s.end()
		}
		g.comeBack(s, false)
		if i == 0 && s.userFrom == 0 && d.chance(o.RepeatSignups/2) {
			s.signupAt, s.signupName, s.middleAt = s.events-1, 1, none
		}
	}
	if g.role == roleAliasUsers || g.role == roleNone && d.chance(o.AliasCalls*0.4) {
		s := g.add(g.later(), 0, 0, 3)
		if s == nil {
			return
		}
		g.life.members[0].isRenamed = true
		s.login(0)
		s.aliasAt, s.joinsUsers, s.userName = 0, true, 1
		g.life.devices[0].linked = true
	}
	for device := range devices {
		if !g.life.devices[device].linked && g.uses(uint8(device)) {
			s := g.add(g.later(), uint8(device), 0, 3)
			if s == nil {
				return
			}
			g.comeBack(s, true)
		}
	}
}

// uses reports whether any session so far is on the device.
func (g *scheduler) uses(device uint8) bool {
	for i := range g.life.sessions {
		s := &g.life.sessions[i]
		if !s.isServer && (s.device == device || s.switchAt != none && s.second == device) {
			return true
		}
	}
	return false
}

// markLinked notes which devices have a row with both identifiers so far.
func (g *scheduler) markLinked() {
	for i := range g.life.sessions {
		s := &g.life.sessions[i]
		if s.isServer {
			continue
		}
		for k := range int(s.events) {
			if s.hasUser(k) {
				g.life.devices[s.deviceAt(k)].linked = true
			}
		}
	}
}
