package simulate

import "github.com/attribution-dev/attribution/internal/event"

// land opens the first page a device shows in a session. Only the device with which
// the session begins has come from anywhere.
func (g *generator) land(k int, device *device) {
	s, d := g.s, &g.dice
	g.cause, g.ref, g.search = nil, "", ""
	draw, blog := d.skewed(1<<20), d.n(100)
	switch {
	case s.inApp:
		g.here = appPages[draw*len(appPages)>>20]
	case s.landing != none:
		g.here = blogPages[s.landing]
	case blog < 14:
		g.here = blogPages[draw*len(blogPages)>>20]
	default:
		g.here = sitePages[draw*len(sitePages)>>20]
	}
	g.url = g.here.url
	if k > 0 {
		return
	}
	c := &causes[s.origin.cause]
	if !isApp(device.platform) {
		g.ref = c.referrer
	}
	if c.isTagged() || c.absent {
		g.open(&s.origin)
	}
}

// open follows a link that carries campaign fields to the page being looked at.
func (g *generator) open(o *origin) {
	g.cause, g.fields = o, o.fields()
	if g.s.start < g.w.termsFrom() {
		g.fields.term, g.fields.content = "", ""
	}
	if query := o.queryOf(g.s.key, g.fields); query != "" {
		g.search = "?" + query
		g.url = g.here.url + g.search
	}
}

// turn goes on to another page of the same session.
func (g *generator) turn(k, target int) {
	s := g.s
	previous, away := g.url, false // away: the browser was on another site meanwhile
	switch {
	case k == int(s.payAt):
		g.here, previous, away = thanksPage, "https://checkout.stripe.com/", true
		if s.key&1 == 0 {
			previous = "https://www.paypal.com/"
		}
	case k == int(s.payAt)-1:
		g.here = checkoutPage
	case k+1 == int(s.signupAt):
		g.here = signupPage
	case k == int(s.identifyAt):
		g.here, previous, away = welcomePage, "https://accounts.google.com/", true
	case k+1 == int(s.identifyAt):
		g.here = loginPage
	case s.inApp:
		g.here = appPages[target*len(appPages)>>20]
	case target&15 == 0:
		g.here = blogPages[target*len(blogPages)>>20]
	default:
		g.here = sitePages[target*len(sitePages)>>20]
	}
	g.cause, g.url, g.search = nil, g.here.url, ""
	if k == int(s.middleAt) { // opened from a mail program: no referrer
		g.ref = ""
		g.open(&s.middle)
		return
	}
	if !s.isSPA || away {
		g.ref = previous
	}
}

// wrong is a session's time as its wrong clock has it, and whether there is one.
func (s *session) wrong(at int64) (int64, bool) {
	const year = 365 * day
	switch s.clock {
	case clockYearsAhead:
		return at + 3*year, true
	case clockBefore2000:
		return at % (20 * day), true
	case clockTwoYearsBack:
		return at - 2*year, true
	case clockHoursAhead:
		return at + 5*hour, true
	case clockMissing:
		return 0, false
	}
	return at, true
}

// deliverRow stamps the row with the times of its way to the tables, and hands it
// out if it is loaded in the generator's slot, once or, sent again, twice.
func (g *generator) deliverRow(at int64, k int, skew int64) error {
	s, r := g.s, &g.row
	sent, late := s.sentAt(k, at)
	if isApp(g.l.platformAt(s, k)) && !s.isServer && !late { // phones send in batches
		sent += int64(s.key>>8) % (latestSend - 2*second)
	}
	latency := int64(mix(s.key+uint64(k))%37) + 3
	// What the client's clock showed: timestamp = received_at − (sent_at −
	// original_timestamp) holds, so that skew and latency cancel out.
	shown := at - latency + skew
	wrong, has := s.wrong(at)
	r.HasTimestamp, r.Timestamp = has, event.Micros(wrong*1000)
	r.OriginalTimestamp = event.Micros(shown * 1000)
	if s.clock != clockRight {
		r.OriginalTimestamp = event.Micros(wrong * 1000)
	}
	r.HasSentAt = s.clock == clockRight
	if err := g.send(sent, latency, skew); err != nil {
		return err
	}
	if s.dupAt == 0 || g.serial > 1 && r.ID[35]&1 == 0 {
		return nil
	}
	r.IsDuplicate = true
	return g.send(s.dupAt+int64(k)*7, latency, skew)
}

// send hands the row out as sent at the given time.
func (g *generator) send(sent, latency, skew int64) error {
	c, r := &g.w.calendar, &g.row
	received := c.received(sent)
	slot := c.slotOf(received)
	if slot != g.slot {
		return nil
	}
	r.ReceivedAt = event.Micros(received * 1000)
	r.SentAt = 0
	if r.HasSentAt {
		r.SentAt = event.Micros((received - latency + skew) * 1000)
	}
	loaded := event.Micros(c.loadedFrom(slot)*1000) + event.Micros(mix(uint64(received)^g.s.key)%(10*minute*1000))
	r.UUIDTS = loaded
	return g.emit(r)
}

// platformAt is the platform of event k of a session.
func (l *life) platformAt(s *session, k int) uint8 {
	if s.isServer {
		return desktop
	}
	return l.devices[s.deviceAt(k)].platform
}
