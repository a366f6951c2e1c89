package simulate

import (
	"context"
	"slices"
)

// Each hands out the rows loaded on the days [fromDay, toDay), counted from 0, by
// time of loading: in the order of the syncs (Options.SyncEvery), within a sync by
// unit. That order, and every row, is the same whatever span they are asked for in.
// The row is only valid during the call, its strings for ever. An error of do ends
// the stream and is returned.
func (w *World) Each(ctx context.Context, fromDay, toDay int, do func(day int, row *Row) error) error {
	if err := w.checkSpan(fromDay, toDay); err != nil {
		return err
	}
	g := newGenerator(w)
	day := fromDay
	g.emit = func(r *Row) error { return do(day, r) }
	wheel := w.newWheel(g, fromDay)
	for ; day < toDay; day++ {
		wheel.bear(day)
		for range w.calendar.slotsPerDay() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := wheel.turn(); err != nil {
				return err
			}
		}
	}
	return nil
}

// newGenerator makes a generator that hands its rows to nobody yet.
func newGenerator(w *World) *generator {
	g := &generator{scheduler: scheduler{w: w}}
	g.arena.Grow(arenaSize)
	return g
}

// A wheel knows, of every unit that is still to be heard of, the next slot in which
// rows of it may be loaded. That is all that is kept between two slots: four bytes a
// unit already born and not yet silent.
type wheel struct {
	w       *World
	g       *generator
	slot    int
	waiting [][]uint32 // by slot
}

// newWheel is the wheel as it stands at the start of a day.
func (w *World) newWheel(g *generator, day int) *wheel {
	h := &wheel{w: w, g: g, slot: day * w.calendar.slotsPerDay(), waiting: make([][]uint32, w.calendar.slots()+1)}
	for d := range day {
		h.bear(d)
	}
	return h
}

// bear adds the units that first appear on the day.
func (h *wheel) bear(day int) {
	for unit := h.w.firstUnit[day]; unit < h.w.firstUnit[day+1]; unit++ {
		h.wait(unit, h.g.live(unit).nextSlot(&h.w.calendar, h.slot))
	}
}

// wait puts a unit down for a slot; units that have nothing more to say are dropped.
func (h *wheel) wait(unit uint32, slot int) {
	if slot < h.w.calendar.slots() {
		h.waiting[slot] = append(h.waiting[slot], unit)
	}
}

// turn writes the rows of the current slot and goes on to the next.
func (h *wheel) turn() error {
	units := h.waiting[h.slot]
	h.waiting[h.slot] = nil
	slices.Sort(units)
	h.g.slot = h.slot
	c := &h.w.calendar
	for _, unit := range units {
		l := h.g.live(unit)
		next := c.slots()
		for i := range l.sessions {
			here := false
			for _, span := range l.sessions[i].deliveries(c) {
				if span[1] < h.slot {
					continue
				}
				here = here || span[0] <= h.slot
				if span[1] > h.slot {
					next = min(next, max(span[0], h.slot+1))
				}
			}
			if here {
				if err := h.g.session(l, i); err != nil {
					return err
				}
			}
		}
		h.wait(unit, next)
	}
	h.slot++
	return nil
}
