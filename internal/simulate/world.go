package simulate

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// A World is one simulated company's traffic. It is immutable and safe for
// concurrent use; all that is generated from it is a pure function of its Options.
type World struct {
	options   Options
	calendar  calendar
	firstUnit []uint32 // by day: the first unit that appears on it; one more at the end
	cast      []player // by unit
	websites  []int    // sources that are websites
}

// New lays out a world. It takes milliseconds, whatever the size: the number of units
// is estimated from a sample of them.
func New(o Options) (*World, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	w := &World{options: o, calendar: newCalendar(o)}
	for i := range o.Sources {
		if i != 1 {
			w.websites = append(w.websites, i)
		}
	}
	const sample = 8192
	w.populate(sample)
	cast, common := w.sample(sample)
	units := max(0, (float64(o.Events)-cast)/common)
	w.populate(uint32(roleEnd) + uint32(units))
	return w, nil
}

// populate gives the world that many units.
func (w *World) populate(units uint32) {
	births := w.calendar.births()
	w.firstUnit = make([]uint32, len(births))
	for d, share := range births {
		w.firstUnit[d] = uint32(share * float64(units))
	}
	w.cast = newCast(units, w.options)
}

// sample measures the events of a population: those of the cast in all, and of the
// other units on average. Bots are few and large: their mean is known, not measured.
func (w *World) sample(units uint32) (cast, common float64) {
	g := scheduler{w: w}
	counted := 0
	for u := range units {
		n := 0
		for _, s := range g.live(u).sessions {
			n += int(s.events)
		}
		switch {
		case g.role != roleNone:
			cast += float64(n)
		case g.life.kind != unitBot:
			common += float64(n)
			counted++
		}
	}
	bots := w.options.Bots * float64(w.options.botViews())
	return cast, max(1, common/float64(max(1, counted))+bots)
}

// Options are the options of the world with every default filled in.
func (w *World) Options() Options {
	o := w.options
	o.Sources = slices.Clone(o.Sources)
	return o
}

// Units is the number of units: visitors, customers, families, kiosks and bots.
func (w *World) Units() int { return int(w.firstUnit[len(w.firstUnit)-1]) }

// Day is the start of a loading day, counted from 0.
func (w *World) Day(day int) time.Time { return w.options.From.AddDate(0, 0, day) }

// IsEmptyDay reports whether nothing is received or loaded on the day.
func (w *World) IsEmptyDay(day int) bool { return w.calendar.empty[day] }

// checkSpan reports days outside the world.
func (w *World) checkSpan(fromDay, toDay int) error {
	if fromDay < 0 || toDay > w.options.Days || fromDay > toDay {
		return fmt.Errorf("simulate: days [%d, %d): the world has days 0 to %d", fromDay, toDay, w.options.Days)
	}
	return nil
}

// birthDay is the day on which a unit first appears.
func (w *World) birthDay(unit uint32) int {
	return sort.Search(w.options.Days, func(d int) bool { return w.firstUnit[d+1] > unit })
}

// roleOf is the role the unit plays, if any.
func (w *World) roleOf(unit uint32) role {
	i := sort.Search(len(w.cast), func(i int) bool { return w.cast[i].unit >= unit })
	if i < len(w.cast) && w.cast[i].unit == unit {
		return w.cast[i].role
	}
	return roleNone
}

// websiteOf is the source that a unit's pages of the websites go to.
func (w *World) websiteOf(unit uint32) int {
	return w.websites[mix(uint64(unit))%uint64(len(w.websites))]
}

// appSource is the source of the app and of the back end.
func (w *World) appSource() int { return min(1, len(w.options.Sources)-1) }

// isNewYear reports whether the instant is the first of a year.
func isNewYear(at int64) bool {
	t := time.UnixMilli(at).UTC()
	return t.YearDay() == 1 && at%day == 0
}
