package simulate

// visitor draws the life of somebody who never signs up: most come once, some for
// years.
func (g *scheduler) visitor() {
	d := &g.d
	hasApp := g.role == roleNone || g.role == roleMobile
	platform := g.platform(hasApp)
	if g.role == roleMobile {
		platform = ios
	}
	g.addDevice(platform)
	devices := 1
	if d.chance(0.04) && g.role == roleNone { // a cookie cleared, another device: nobody can tell
		g.addDevice(g.platform(true))
		devices = 2
	}
	sessions := int64(1)
	if d.chance(0.42) {
		sessions += d.tail(1, 40)
	}
	if g.role != roleNone { // small, for small worlds
		sessions = min(sessions, 3)
	}
	for i := range sessions {
		start := g.at
		if i > 0 {
			start = g.later()
		}
		var device uint8
		if i > 0 {
			device = uint8(d.n(devices))
		}
		if g.add(start, device, 0, 1) == nil {
			return
		}
	}
}

// sharers draws the life of a family before one computer, or of a kiosk.
func (g *scheduler) sharers() {
	d := &g.d
	people := 2 + d.n(2)
	if g.life.kind == unitKiosk {
		people = 6 + d.n(4)
	}
	for range people - 1 {
		g.life.members = append(g.life.members, member{})
	}
	g.addDevice(desktop)
	var known [16]bool
	for i := range people * (3 + d.n(3)) {
		who := uint8(d.n(people))
		if i < people {
			who = uint8(i)
		}
		start := g.at
		if i > 0 {
			start = g.later()
		}
		s := g.add(start, 0, who, 4)
		switch {
		case s == nil:
			return
		case known[who]:
			s.login(1)
		case g.life.kind == unitKiosk || g.role == roleFamily || i >= people || d.chance(0.6):
			known[who] = true
			g.signUp(s)
		}
	}
}

// botViews is the number of page views of a crawler.
func (o Options) botViews() int64 { return min(max(o.Events/20, 50), 5000) }

// bot draws the life of a crawler that keeps its cookie: thousands of page views.
func (g *scheduler) bot() {
	const perSession = 100
	device := g.addDevice(crawler)
	views := g.w.options.botViews()
	for views > 0 {
		n := int16(min(views, perSession))
		s := g.add(g.at+sessionGap+g.d.between(hour, 30*hour), device, 0, 1)
		if s == nil {
			return
		}
		s.resize(n, int64(n-1)*1500)
		s.origin, s.isSPA = origin{}, false
		g.at = s.end()
		views -= int64(n)
	}
}
