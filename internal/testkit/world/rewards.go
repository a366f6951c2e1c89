package world

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// rewards adds what conversions, models and persons ask for. It draws from a source of
// its own, so that the rows of a seed are the same without it.
func (g *generator) rewards(r *rand.Rand) {
	g.Rand = r
	s := &g.world.Settings
	s.Purchases, s.EachPurchase = g.one(2), g.one(2)
	if g.one(2) {
		s.Traits = []string{"plan", "company"}
	}
	if g.one(2) {
		s.Lookbacks = map[string]time.Duration{}
		for _, m := range []string{"first_touch", "last_non_direct", "linear", "position_based", "time_decay", "shapley", "markov"} {
			s.Lookbacks[m] = pick(g, 0, time.Hour, 24*time.Hour, 720*time.Hour)
		}
	}
	s.HalfLife = pick(g, time.Hour, 168*time.Hour)
	s.MarkovOrder, s.MarkovNulls = pick(g, 1, 1, 2, 3), !g.one(3)
	for i := range g.world.Rows {
		row := &g.world.Rows[i]
		switch {
		case row.Kind == event.Identify:
			g.traits(*row)
		case s.Purchases && row.Values["event"] == OrderEvents[1] && !g.one(3):
			g.order(*row)
		}
	}
}

// traits says something of a person. Copies of a call say the same.
func (g *generator) traits(r Row) {
	say := rand.New(rand.NewPCG(g.world.Seed, uint64(len(r.Values["id"]))<<32|checksum(event.Trim(r.Values["id"]))))
	s := g.world.Sources[r.Source]
	at := slices.IndexFunc(s.Tables, func(t Table) bool { return t.Kind == r.Kind })
	for _, c := range []string{"company", "plan"} {
		if slices.Contains(s.Tables[at].Columns, c) && say.IntN(3) > 0 {
			r.Values[c] = []string{"Acme", "acme ", "", "free", "1"}[say.IntN(5)]
		}
	}
}

func checksum(s string) (sum uint64) {
	for _, b := range []byte(s) {
		sum = sum*31 + uint64(b)
	}
	return sum
}

// order says what a track is worth, the same night or another. The tracks of an id have
// one such row.
func (g *generator) order(r Row) {
	id := event.Trim(r.Values["id"])
	if id == "" || slices.ContainsFunc(g.world.Orders, func(o Order) bool { return o.Source == r.Source && o.ID == id }) {
		return
	}
	o := Order{
		Source: r.Source, Night: g.IntN(len(g.world.AsOf)), ID: id, ReceivedAt: r.Values["received_at"],
		Value: pick(g, "10", "0.5", " 99.90 ", "-3", "1e2", "", "free", "NaN"), Currency: pick(g, "USD", "eur ", ""),
	}
	if g.world.Sources[r.Source].HasLoadTime() {
		o.Load = formatTime(g.world.loadTime(g.Rand, o.Night))
	}
	g.world.Orders = append(g.world.Orders, o)
}
