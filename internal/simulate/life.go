package simulate

// Kinds of units.
const (
	unitVisitor = iota
	unitCustomer
	unitFamily
	unitKiosk
	unitBot
)

var unitKinds = [...]string{"visitor", "customer", "family", "kiosk", "bot"}

// A life is everything a unit ever does, as choices; rows are made of it session by
// session. It is a pure function of (seed, unit) and is reused between units.
type life struct {
	unit     uint32
	kind     uint8
	members  []member
	devices  []device
	sessions []session // by start; those of the back end among them
}

// A member is one person of a unit.
type member struct {
	flags     Flag
	isRenamed bool // has a second user_id, joined by an alias call
}

// A device is one anonymous_id: a browser's cookie or an installed app.
type device struct {
	platform uint8
	agent    uint8
	locale   uint8
	isBare   bool  // its library fills no context.page on page calls
	skew     int64 // its clock is ahead by this much; Segment corrects it
	source   uint8 // of its pages on the websites
	linked   bool  // some session of it carries a user_id
}

// none marks an event index that does not occur.
const none = -1

// How a session's clock is wrong.
const (
	clockRight = iota
	clockYearsAhead
	clockBefore2000
	clockTwoYearsBack
	clockHoursAhead
	clockMissing
)

// A session is one run of a person's activity, or one event of the back end.
type session struct {
	start, length int64 // first event, and from there to the last
	key           uint64
	events        int16
	device        uint8
	second        uint8 // device from event switchAt on
	member        uint8

	isServer bool // one event of the back end, outside any session
	inApp    bool // behind the login: the app's pages
	isSPA    bool
	clock    uint8
	origin   origin

	middle     origin // a campaign link opened in mid-session
	middleAt   int16
	switchAt   int16
	pauseAt    int16 // first event after a gap of exactly 20:00.000
	pauseFrom  int64 // length before that gap
	landing    int16 // landing page; none: drawn
	identifyAt int16 // event at which identify is called
	identifyBy int64 // identify's time less that event's
	userFrom   int16 // first event that carries the user_id
	userName   uint8 // which of the member's user_ids
	signupAt   int16 // event that is a signup
	signupName uint8
	aliasAt    int16 // event at which alias is called
	joinsUsers bool  // the alias call joins the member's two user_ids
	payAt      int16 // page seen on coming back from a payment page
	lateFrom   int16 // first event received late
	lateAt     int64 // when late events are sent
	dupAt      int64 // when rows are sent again; 0: never
}

// newSession is a session in which nothing special happens.
func newSession(start int64, events int16, device, member uint8, key uint64) session {
	return session{
		start: start, events: events, device: device, member: member, key: key,
		middleAt: none, switchAt: none, pauseAt: none, landing: none, identifyAt: none,
		userFrom: none, signupAt: none, aliasAt: none, payAt: none, lateFrom: none,
	}
}

// end is the last event of the session.
func (s *session) end() int64 { return s.start + s.length }

// at is the time of event k. Times rise strictly, by less than the session gap but
// for the one gap that is exactly it.
func (s *session) at(k int) int64 {
	if s.pauseAt == none {
		return s.start + spread(s.key, k, int(s.events), s.length)
	}
	if k < int(s.pauseAt) {
		return s.start + spread(s.key, k, int(s.pauseAt), s.pauseFrom)
	}
	shift := s.pauseFrom + sessionGap
	return s.start + shift + spread(s.key, k-int(s.pauseAt), int(s.events-s.pauseAt), s.length-shift)
}

// spread places point k of n on [0, length]: the first and last at its ends, the
// others near even steps.
func spread(key uint64, k, n int, length int64) int64 {
	switch {
	case k <= 0:
		return 0
	case k >= n-1:
		return length
	}
	step := length / int64(n-1)
	jitter := int64(mix(key+uint64(k))%1000) - 500
	return length*int64(k)/int64(n-1) + step*jitter*9/10000
}

// deviceAt is the device of event k.
func (s *session) deviceAt(k int) uint8 {
	if s.switchAt != none && k >= int(s.switchAt) {
		return s.second
	}
	return s.device
}

// hasUser reports whether event k carries a user_id.
func (s *session) hasUser(k int) bool {
	return s.isServer || s.userFrom != none && k >= int(s.userFrom)
}

// sentAt is when event k is sent to Segment, for an event time as given, and
// whether that is late.
func (s *session) sentAt(k int, at int64) (sent int64, late bool) {
	if s.lateFrom != none && k >= int(s.lateFrom) {
		return s.lateAt + int64(k)*7, true
	}
	return at + 40 + int64(mix(s.key^uint64(k)<<20)%860), false
}

// latestSend is an upper bound of the time from an event of a session to its sending.
const latestSend = 30 * second

// deliveries are the slots in which rows of the session are loaded: up to three
// closed spans; empty ones have hi < lo.
func (s *session) deliveries(c *calendar) [3][2]int {
	spans := [3][2]int{{0, -1}, {0, -1}, {0, -1}}
	span := func(i int, from, to int64) {
		spans[i] = [2]int{c.slotOf(c.received(from)), c.slotOf(c.received(to))}
	}
	if s.lateFrom != 0 {
		span(0, s.start-10*second, s.end()+latestSend)
	}
	if s.lateFrom != none {
		span(1, s.lateAt, s.lateAt+int64(s.events)*7+latestSend)
	}
	if s.dupAt != 0 {
		span(2, s.dupAt, s.dupAt+int64(s.events)*7+latestSend)
	}
	return spans
}

// loadedBy is an instant after which every row of the session is loaded.
func (s *session) loadedBy(c *calendar) int64 {
	last := 0
	for _, span := range s.deliveries(c) {
		last = max(last, span[1])
	}
	return c.loadedBy(last)
}

// nextSlot is the first slot at or after from in which rows of the unit may be
// loaded, or the number of slots where there is none.
func (l *life) nextSlot(c *calendar, from int) int {
	next := c.slots()
	for i := range l.sessions {
		for _, span := range l.sessions[i].deliveries(c) {
			if span[1] >= from {
				next = min(next, max(span[0], from))
			}
		}
	}
	return next
}
