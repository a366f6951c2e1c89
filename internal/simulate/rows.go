package simulate

import (
	"strings"

	"github.com/attribution-dev/attribution/internal/event"
)

// A generator makes the rows of lives. It is not safe for concurrent use.
type generator struct {
	scheduler
	arena strings.Builder // identifiers are cut from it, a few thousand at a time
	dice  dice            // of the session being written
	row   Row
	slot  int // rows loaded in other slots are not handed out
	emit  func(*Row) error

	// Of the session being written.
	l      *life
	s      *session
	index  int
	serial uint32
	user   string // its user_id, where it has one
	anon   string // anonymous_id of the device in use
	addr   string // its IP address
	here   page   // the page being looked at
	url    string // its URL with the query
	search string
	ref    string // document.referrer
	cause  *origin
	fields campaignFields
}

const arenaSize = 32 << 10

// hexID cuts a UUID of the given version from the arena. Those of messages begin with
// the time, as analytics.js' own do (ajs-next-<milliseconds>-…): version 7.
func (g *generator) hexID(a, b uint64, version byte) string {
	const digits = "0123456789abcdef"
	var id [36]byte
	at := 0
	for i := range 16 {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			id[at] = '-'
			at++
		}
		v := byte(a >> (56 - 8*(i&7)))
		if i >= 8 {
			v = byte(b >> (56 - 8*(i&7)))
		}
		switch i {
		case 6:
			v = v&0x0f | version<<4
		case 8:
			v = v&0x3f | 0x80
		}
		id[at], id[at+1] = digits[v>>4], digits[v&15]
		at += 2
	}
	return g.cut(id[:])
}

// cut keeps bytes as a string, without an allocation of their own.
func (g *generator) cut(b []byte) string {
	if g.arena.Cap()-g.arena.Len() < len(b) {
		g.arena = strings.Builder{}
		g.arena.Grow(arenaSize)
	}
	from := g.arena.Len()
	g.arena.Write(b)
	return g.arena.String()[from:]
}

// anonymousID is the identifier of a device.
func (g *generator) anonymousID(unit uint32, device uint8) string {
	k := mix(g.w.options.Seed ^ uint64(unit)<<8 ^ uint64(device))
	return g.hexID(k, mix(k), 4)
}

// userID is one of a member's identifiers given by the product: a number at first,
// something longer once the company changed its mind.
func (g *generator) userID(unit uint32, member, name uint8) string {
	k := mix(g.w.options.Seed ^ 0xa5e1<<40 ^ uint64(unit)<<8 ^ uint64(member))
	b := make([]byte, 0, 24)
	if name == 1 {
		b = append(b, "acct_"...)
		k = mix(k)
	} else {
		b = append(b, "usr_"...)
	}
	for range 14 {
		b = append(b, "0123456789abcdefghjkmnpqrstvwxyz"[k&31])
		k >>= 4
	}
	return g.cut(b)
}

// session writes the rows of session i that are loaded in the generator's slot.
func (g *generator) session(l *life, i int) error {
	g.l, g.s, g.index, g.serial = l, &l.sessions[i], i, 0
	s := g.s
	g.dice.seed(s.key, uint64(i))
	if s.isServer || s.userFrom != none {
		g.user = g.userID(l.unit, s.member, s.userName)
	}
	if s.isServer {
		return g.serverEvent()
	}
	current := none
	for k := range int(s.events) {
		device := &l.devices[s.deviceAt(k)]
		if int(s.deviceAt(k)) != current {
			g.anon, g.addr = g.anonymousID(l.unit, s.deviceAt(k)), g.ip(s.deviceAt(k))
			g.land(k, device)
			current = int(s.deviceAt(k))
		}
		if err := g.event(k, device); err != nil {
			return err
		}
	}
	return nil
}

// serverEvent writes the one event of a back end's session.
func (g *generator) serverEvent() error {
	s := g.s
	g.blank(event.Track, s.start, 0)
	r := &g.row
	r.Source = g.w.appSource()
	r.LibraryName, r.LibraryVersion = serverLibrary.name, serverLibrary.version
	g.signup()
	return g.deliverRow(s.start, 0, 0)
}

// event writes event k of a session, and the identity calls that belong to it.
func (g *generator) event(k int, device *device) error {
	s, d := g.s, &g.dice
	at := s.at(k)
	kind, choice := event.Page, d.n(100)
	switch {
	case isApp(device.platform) && choice < 60:
		kind = event.Screen
	case isApp(device.platform), choice >= 62 && k > 0:
		kind = event.Track
	}
	target := d.skewed(1 << 20)
	switch {
	case k == int(s.signupAt):
		kind = event.Track
	case k == 0 && isApp(device.platform):
		kind = event.Screen
	case k == 0 || k == int(s.switchAt) || k == int(s.payAt) || k == int(s.middleAt) || device.platform == crawler:
		if !isApp(device.platform) {
			kind = event.Page
		}
	}
	if kind == event.Page && k > 0 && k != int(s.switchAt) {
		g.turn(k, target)
	}
	if k == int(s.identifyAt) {
		if err := g.identity(k, at, device); err != nil {
			return err
		}
	}
	g.blank(kind, at, k)
	g.client(k, device)
	r := &g.row
	switch {
	case kind == event.Page:
		r.Name = g.here.name
		r.IsBare = device.isBare
	case kind == event.Screen:
		r.Name = screenNames[target*len(screenNames)>>20]
	case k == int(s.signupAt):
		g.signup()
	default:
		names := webEvents
		if isApp(device.platform) || s.inApp {
			names = appEvents
		}
		n := names[target*len(names)>>20]
		r.Event, r.EventText = n.slug, n.text
	}
	return g.deliverRow(at, k, device.skew)
}

// signup makes the row a signup.
func (g *generator) signup() {
	n, v := signupNames[g.s.signupName], g.dice.n(len(plans))
	r := &g.row
	r.Event, r.EventText, r.SignupTable = n.slug, n.text, n.slug
	r.Plan, r.Revenue = plans[v], revenues[v]
}

// identity writes the identify and alias calls at event k.
func (g *generator) identity(k int, at int64, device *device) error {
	s := g.s
	at += s.identifyBy
	g.blank(event.Identify, at, k)
	g.client(k, device)
	g.row.UserID = g.user
	g.row.Email = g.user[len(g.user)-10:] + "@example.org"
	g.row.Plan = plans[int(s.key>>33)%len(plans)]
	if err := g.deliverRow(at, k, device.skew); err != nil {
		return err
	}
	if k != int(s.aliasAt) {
		return nil
	}
	g.blank(event.Alias, at, k)
	g.client(k, device)
	g.row.UserID = g.user
	g.row.PreviousID = g.row.AnonymousID
	if s.joinsUsers {
		g.row.PreviousID = g.userID(g.l.unit, s.member, 0)
	}
	return g.deliverRow(at, k, device.skew)
}

// blank clears the row for a call at the given time.
func (g *generator) blank(kind event.Kind, at int64, k int) {
	g.serial++
	s := g.s
	id := mix(s.key ^ uint64(g.serial)<<32)
	g.row = Row{Kind: kind, Unit: g.l.unit}
	g.row.ID = g.hexID(uint64(at)<<16|id&0xffff, mix(id^s.key), 7)
	g.row.Timestamp, g.row.HasTimestamp = event.Micros(at*1000), true
	if s.hasUser(k) {
		g.row.UserID = g.user
	}
}

// client fills what a device's library sends with every call.
func (g *generator) client(k int, device *device) {
	r, s := &g.row, g.s
	r.AnonymousID, r.IP = g.anon, g.addr
	r.Source = int(device.source)
	r.UserAgent = userAgents[device.platform][device.agent]
	r.Locale = locales[device.locale]
	lib := libraries[device.platform]
	r.LibraryName, r.LibraryVersion = lib.name, lib.version
	if s.start >= g.w.timezoneFrom() {
		r.Timezone = timezones[device.locale]
	}
	if isApp(device.platform) {
		if g.cause != nil && k == 0 { // a deep link is on the first screen only
			g.campaign()
		}
		return
	}
	r.URL, r.Path, r.Title, r.Search, r.Referrer = g.url, g.here.path, g.here.title, g.search, g.ref
	if strings.HasPrefix(g.here.url, appHost) {
		r.Source = g.w.appSource()
	}
	if g.cause != nil {
		g.campaign()
	}
}

// ip is the address of a device.
func (g *generator) ip(device uint8) string {
	k := mix(uint64(g.l.unit)<<8 | uint64(device))
	b := make([]byte, 0, 15)
	for i, v := range [4]byte{byte(k%200 + 20), byte(k >> 16), byte(k >> 24), byte(k >> 32)} {
		if i > 0 {
			b = append(b, '.')
		}
		if v >= 100 {
			b = append(b, '0'+v/100)
		}
		if v >= 10 {
			b = append(b, '0'+v/10%10)
		}
		b = append(b, '0'+v%10)
	}
	return g.cut(b)
}

// campaign fills the context_campaign_* columns of a call.
func (g *generator) campaign() {
	r, f, c := &g.row, g.fields, g.cause
	switch c.carry {
	case carryURL:
		return
	case carryPartly:
		r.CampaignSource, r.CampaignMedium = f.source, f.medium
		return
	case carryMisspelt:
		r.CampaignMisspelt, r.MisspeltSource = misspeltParameters[c.misspelt()], f.source
	default:
		r.CampaignSource = f.source
	}
	r.CampaignMedium, r.CampaignName = f.medium, f.name
	r.CampaignTerm, r.CampaignContent = f.term, f.content
}
