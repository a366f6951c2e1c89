package world

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// Options bound a random world. The zero value is the default.
type Options struct {
	MaxRows int // at most this many rows, duplicates included; 0: 80
}

// Random makes the world of the seed. The same seed gives the same world.
func Random(seed uint64, o Options) World {
	if o.MaxRows == 0 {
		o.MaxRows = 80
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))}
	g.world = World{Seed: seed, Settings: g.settings()}
	g.nights()
	g.sources()
	g.people()
	g.instants = g.chains()
	n := 5 + g.IntN(max(1, o.MaxRows*3/4-5))
	for range n {
		g.add(g.row())
	}
	for range g.IntN(max(1, min(n/3, o.MaxRows-n)+1)) {
		g.duplicate()
	}
	g.Shuffle(len(g.world.Rows), func(i, j int) {
		g.world.Rows[i], g.world.Rows[j] = g.world.Rows[j], g.world.Rows[i]
	})
	g.rewards(rand.New(rand.NewPCG(seed, 2)))
	return g.world
}

// A generator makes one world.
type generator struct {
	*rand.Rand
	world      World
	anonymous  []string    // the few anonymous_ids
	users      []string    // the few user_ids
	instants   []time.Time // when things happen, near each other and near months' edges
	lastNumber int         // the last id given
}

// pick takes one of the values.
func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// one reports true once in n.
func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

// settings are mostly the defaults, with limits small enough to trigger.
func (g *generator) settings() Settings {
	s := DefaultSettings()
	s.IgnoreEvents = []string{"Heartbeat"}
	s.Policy = pick(g, "first", "first", "merge")
	s.Gap = pick(g, 20*time.Minute, 20*time.Minute, 20*time.Minute, 30*time.Minute, time.Second)
	s.Lookback = pick(g, 0, 0, 0, time.Hour, 24*time.Hour, 30*24*time.Hour)
	s.MaxUsersPerAnonymousID = pick(g, 5, 1, 2, 2, 3)
	s.MaxComponentSize = pick(g, 1000, 3, 4, 5, 6)
	s.UseAliasCalls = !g.one(6)
	s.ExcludeBots = g.one(3)
	if g.one(3) {
		s.Blocked = append(s.Blocked, "Tést", "  Kiosk ")
	}
	return s
}

// nights makes 2 to 6, mostly a day apart, sometimes over months.
func (g *generator) nights() {
	at := pick(g, "2018-01-02", "2018-01-31", "2018-03-02", "2020-03-01", "2018-06-15", "2018-12-31")
	first, _ := time.Parse(time.DateOnly, at)
	night := first.Add(4 * time.Hour)
	for range 2 + g.IntN(5) {
		g.world.AsOf = append(g.world.AsOf, night)
		night = night.Add(24 * time.Hour * time.Duration(pick(g, 1, 1, 1, 1, 2, 33)))
	}
}

// sources makes one or two, in which columns are missing here and there.
func (g *generator) sources() {
	names := []string{"website", "app"}
	for _, name := range names[:1+g.IntN(2)] {
		s := Source{Schema: name}
		loadTime := !g.one(4)
		for _, k := range event.Kinds() {
			t := Table{Kind: k}
			for _, c := range TableColumns(k) {
				switch {
				case c == "uuid_ts" && !loadTime:
				case c == "event" && g.one(6), c == "url" && g.one(4), c == "referrer" && g.one(4):
				case strings.HasPrefix(c, "context_") && g.one(6):
				default:
					t.Columns = append(t.Columns, c)
				}
			}
			s.Tables = append(s.Tables, t)
		}
		g.world.Sources = append(g.world.Sources, s)
	}
}

// people are few, so that they collide; "x" is both a visitor and a user.
func (g *generator) people() {
	g.anonymous = []string{"a1", "a2", "a3", "a4", "x"}[g.IntN(3):]
	g.users = []string{"u1", "u2", "u3", "u4", "x"}[g.IntN(3):]
}

// chains are runs of instants stepped by all but the gap, exactly it, just over it.
// They begin shortly before the nights, before months' and years' edges, and weeks
// before.
func (g *generator) chains() []time.Time {
	gap := g.world.Settings.Gap
	steps := []time.Duration{
		0, time.Microsecond, time.Second, 3 * time.Minute, gap / 2,
		gap - time.Millisecond, gap, gap, gap + time.Microsecond, gap + time.Millisecond,
		2 * gap, time.Hour, 25 * time.Hour,
	}
	var all []time.Time
	for range 2 + g.IntN(3) {
		night := pick(g, g.world.AsOf...)
		edge := time.Date(night.Year(), night.Month(), 1, 0, 0, 0, 0, time.UTC)
		at := pick(g, night.Add(-30*time.Hour), night.Add(-3*time.Hour), edge, edge.Add(-gap), edge.Add(-2*time.Minute),
			edge.AddDate(0, -1, 0).Add(-gap/2), night.AddDate(0, 0, -20))
		for range 3 + g.IntN(8) {
			all = append(all, at)
			at = at.Add(pick(g, steps...))
		}
	}
	return all
}

// add puts the row into the world, its columns limited to those its table has.
func (g *generator) add(r Row) {
	s := g.world.Sources[r.Source]
	at := slices.IndexFunc(s.Tables, func(t Table) bool { return t.Kind == r.Kind })
	maps.DeleteFunc(r.Values, func(column, _ string) bool { return !slices.Contains(s.Tables[at].Columns, column) })
	g.world.Rows = append(g.world.Rows, r)
}

// row makes the next row.
func (g *generator) row() Row {
	r := Row{Source: g.IntN(len(g.world.Sources)), Values: map[string]string{}}
	r.Kind = pick(g, event.Page, event.Page, event.Page, event.Track, event.Track, event.Track,
		event.Screen, event.Identify, event.Identify, event.Alias)
	g.lastNumber++
	r.Values["id"] = fmt.Sprintf("m%03d", g.lastNumber)
	if g.one(25) {
		r.Values["id"] = pick(g, "", "   ", strings.Repeat("é", 600)+r.Values["id"], " m\u00a0"+r.Values["id"]+"\t")
	}
	if g.one(25) {
		delete(r.Values, "id")
	}
	received := pick(g, g.instants...)
	r.Night = g.IntN(len(g.world.AsOf))
	for g.world.AsOf[r.Night].Before(received) && r.Night < len(g.world.AsOf)-1 && !g.one(20) {
		r.Night++ // rows are seldom loaded before they are received
	}
	if g.world.Sources[r.Source].HasLoadTime() {
		r.Values["uuid_ts"] = formatTime(g.world.loadTime(g.Rand, r.Night))
		if g.one(12) { // no load time: received in the night itself
			received = g.world.loadTime(g.Rand, r.Night)
			delete(r.Values, "uuid_ts")
		}
	} else {
		received = g.near(r.Night)
	}
	g.times(r, received)
	g.identifiers(r)
	if r.Kind.IsActivity() {
		g.evidence(r)
	}
	if r.Kind == event.Track {
		g.names(r)
	}
	return r
}

// nearNight is how long before its night a row was received, at most, in a source
// without uuid_ts: within stage 1's overlap of 72 h of whatever was taken in before.
const nearNight = 60 * time.Hour

// near is an instant at which a row of the night can have been received: one of the
// world's where there is one.
func (g *generator) near(night int) time.Time {
	last := g.world.AsOf[night]
	var fit []time.Time
	for _, t := range g.instants {
		if !t.After(last) && t.After(last.Add(-nearNight)) {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		return last.Add(-time.Duration(1+g.IntN(20)) * g.world.Settings.Gap / 2).Add(-time.Second)
	}
	return pick(g, fit...)
}

// loadTime is an instant after the night before and not after the night.
func (w World) loadTime(r *rand.Rand, night int) time.Time {
	return w.AsOf[night].Add(-time.Duration(r.IntN(4)) * time.Hour)
}

// times sets received_at and timestamp: mostly the same, at times late, at times
// nonsense.
func (g *generator) times(r Row, received time.Time) {
	r.Values["received_at"] = formatTime(received)
	at := received
	if g.one(4) {
		at = received.Add(-pick(g, time.Second, g.world.Settings.Gap, time.Hour, 25*time.Hour, 5*24*time.Hour, 40*24*time.Hour, 400*24*time.Hour))
	}
	r.Values["timestamp"] = formatTime(at)
	if g.one(12) {
		r.Values["timestamp"] = pick(g, "infinity", "-infinity",
			"1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z",
			formatTime(received.Add(24*time.Hour)), formatTime(received.Add(24*time.Hour+time.Microsecond)),
			formatTime(received.AddDate(30, 0, 0)))
	}
	if g.one(15) {
		delete(r.Values, "timestamp")
	}
	if _, ok := r.Values["uuid_ts"]; ok && g.one(60) {
		r.Values["received_at"] = pick(g, "infinity", "-infinity", "1999-12-31T23:59:59.999999Z", "2100-01-01T00:00:00.000000Z",
			formatTime(received.AddDate(9, 0, 0)))
	}
}

// oddIdentifier is an identifier that is none, or not what it seems.
func (g *generator) oddIdentifier(id string) string {
	return pick(g, "", "  ", "\u00a0\u2003", "null", " NULL\t", "Anonymous", "0", "-1",
		"TÉST", "\u212aiosk", " "+id+" ", "\u2003"+id+"\u00a0\u0085", strings.ToUpper(id),
		strings.Repeat("é", 513), strings.Repeat("é", 512), "00000000-0000-0000-0000-000000000000")
}

// identifiers sets who the row is about.
func (g *generator) identifiers(r Row) {
	set := func(column, id string) {
		if g.one(25) {
			id = g.oddIdentifier(id)
		}
		r.Values[column] = id
	}
	known := 4 // of ten
	hasUser := g.IntN(10) < known
	if r.Kind == event.Identify || r.Kind == event.Alias {
		hasUser = !g.one(8)
	}
	if hasUser {
		set("user_id", pick(g, g.users...))
	}
	if !hasUser || !g.one(4) {
		set("anonymous_id", pick(g, g.anonymous...))
	}
	if r.Kind == event.Alias {
		if g.one(2) {
			delete(r.Values, "anonymous_id")
		}
		if !g.one(8) {
			set("previous_id", pick(g, append(slices.Clone(g.users), g.anonymous...)...))
		}
	}
}
