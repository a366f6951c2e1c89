package simulate

import (
	"time"
)

// All times inside the generator are milliseconds since 1970, the precision of
// Segment's own clocks.
const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// sessionGap is the gap of the design: strictly more splits a session.
const sessionGap = 20 * minute

// hourWeights is the share of sessions by hour of the day, UTC: a European and
// American audience.
var hourWeights = cumulate([]int{
	22, 16, 12, 10, 9, 11, 18, 30, 45, 58, 64, 66,
	62, 68, 74, 76, 72, 66, 60, 56, 52, 46, 38, 30,
})

// A calendar knows the days of a world: which are empty, when syncs run, and where
// the months, years and daylight-saving times change.
type calendar struct {
	start, end int64   // the loading span, end excluded
	days       int     // its length
	slot       int64   // length of a sync slot
	empty      []bool  // days on which nothing is received or loaded
	next       []int32 // slot → slot that really loads it; number of slots: never
	edges      []int64 // first instants of months and of daylight-saving changes
}

// newCalendar lays out the days of a world.
func newCalendar(o Options) calendar {
	c := calendar{start: o.From.UnixMilli(), days: o.Days, slot: o.SyncEvery.Milliseconds()}
	c.end = c.start + int64(o.Days)*day
	c.empty = make([]bool, o.Days+1)
	var d dice
	d.seed(o.Seed, 0xca1e)
	if o.Days >= 10 { // one empty day, and one more per hundred days; never the first or last two
		for range 1 + o.Days/100 {
			c.empty[2+d.n(o.Days-4)] = true
		}
	}
	slots := int(int64(o.Days) * day / c.slot)
	c.next = make([]int32, slots+1)
	c.next[slots] = int32(slots)
	failed := 0 // slots still to fail: the next sync that succeeds loads their rows
	for s := range c.next[:slots] {
		if failed == 0 && d.chance(float64(c.slot)/float64(20*day)) {
			failed = int(d.between(1, max(1, 12*hour/c.slot)))
		}
		c.next[s] = 0
		if failed > 0 {
			failed--
			c.next[s] = -1
		}
		if c.empty[int(int64(s)*c.slot/day)] {
			c.next[s] = -1
		}
	}
	for s := slots - 1; s >= 0; s-- {
		if c.next[s] < 0 {
			c.next[s] = c.next[s+1]
		} else {
			c.next[s] = int32(s)
		}
	}
	c.edges = edgesOf(o.From, o.Days)
	return c
}

// edgesOf lists the instants between two months and those at which clocks change in
// America and Europe, in order.
func edgesOf(from time.Time, days int) []int64 {
	var edges []int64
	for t := from.AddDate(0, 0, 1); t.Before(from.AddDate(0, 0, days)); t = t.AddDate(0, 0, 1) {
		sunday := t.Weekday() == time.Sunday
		switch {
		case t.Day() == 1:
			edges = append(edges, t.UnixMilli())
		case sunday && t.Month() == time.March && t.Day() >= 8 && t.Day() < 15:
			edges = append(edges, t.UnixMilli()+7*hour)
		case sunday && (t.Month() == time.March || t.Month() == time.October) && t.Day() >= 25:
			edges = append(edges, t.UnixMilli()+hour)
		case sunday && t.Month() == time.November && t.Day() < 8:
			edges = append(edges, t.UnixMilli()+6*hour)
		}
	}
	return edges
}

// dayOf is the index of the day of an instant within the span, which may lie outside.
func (c *calendar) dayOf(at int64) int {
	if at < c.start {
		return -1
	}
	return int((at - c.start) / day)
}

// isEmpty reports whether the day of the instant is an empty one.
func (c *calendar) isEmpty(at int64) bool {
	d := c.dayOf(at)
	return d >= 0 && d < len(c.empty) && c.empty[d]
}

// received is when Segment takes in what was sent at the given time: on an empty day
// nothing, so that clients queue it until the first hour of the next day.
func (c *calendar) received(sent int64) int64 {
	for c.isEmpty(sent) {
		sent = c.start + int64(c.dayOf(sent)+1)*day + sent%hour
	}
	return sent
}

// slotOf is the sync that loads what was received at the given time. It is
// [calendar.slots] or more for what is loaded after the span.
func (c *calendar) slotOf(received int64) int {
	s := int((received-c.start)/c.slot) + 1
	if s >= len(c.next) {
		return s
	}
	return int(c.next[s])
}

// slots is the number of syncs in the span; they are numbered from 0.
func (c *calendar) slots() int { return len(c.next) - 1 }

// slotsPerDay is the number of syncs of one day.
func (c *calendar) slotsPerDay() int { return int(day / c.slot) }

// loadedFrom is the earliest uuid_ts of a sync, five minutes after it began.
func (c *calendar) loadedFrom(slot int) int64 { return c.start + int64(slot)*c.slot + 5*minute }

// loadedBy is an instant after the last uuid_ts of a sync.
func (c *calendar) loadedBy(slot int) int64 { return c.loadedFrom(slot) + 10*minute }

// termsFrom is when links first carry utm_term and utm_content, so that their columns
// appear midway.
func (w *World) termsFrom() int64 { return w.calendar.start + (w.calendar.end-w.calendar.start)/100*35 }

// timezoneFrom is when the library first sends the time zone, likewise.
func (w *World) timezoneFrom() int64 {
	return w.calendar.start + (w.calendar.end-w.calendar.start)/100*60
}

// timeOfDay draws a time of day by the daily curve.
func timeOfDay(d *dice) int64 {
	return int64(d.weighted(hourWeights))*hour + d.between(0, hour-1)
}

// isWeekend reports whether the instant lies on a Saturday or Sunday in UTC.
func isWeekend(at int64) bool {
	weekday := (at/day + 4) % 7 // 1970-01-01 was a Thursday
	return weekday == 0 || weekday == 6
}

// births is the cumulative share of units that first appear before each day: a
// weekly curve over slow growth, with nobody on empty days.
func (c *calendar) births() []float64 {
	sums := make([]float64, c.days+1)
	total := 0.0
	for d := range c.days {
		sums[d] = total
		weight := 1 + float64(d)/float64(c.days)/2
		if isWeekend(c.start + int64(d)*day) {
			weight *= 0.55
		}
		if c.empty[d] {
			weight = 0
		}
		total += weight
	}
	for d := range sums {
		sums[d] /= total
	}
	sums[c.days] = 1
	return sums
}
