package bench

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// What the pure sessionizer is given: so many devices, each with so many events in
// about three visits.
const (
	purePairs  = 20_000
	pureEvents = 25
	pureLeast  = 2 * time.Second // how long it is measured, at least
	pureSteady = 3_000           // events into open visits, for the allocations
)

// pure measures the sessionizer in memory, on one core and without a database.
func (b *bench) pure(ctx context.Context) error {
	return b.phase(ctx, phaseSessionizer, func(p *Phase) error {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		gap := b.Settings.Gap
		pairs := make([]sessionize.Pair, purePairs)
		for i := range pairs {
			pairs[i].AnonymousID = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		}
		events := activities(pureEvents)
		began := b.Now()
		for rounds := 0; rounds == 0 || b.Now().Sub(began) < pureLeast; rounds++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			builder := sessionize.NewBuilder(gap)
			for _, pair := range pairs {
				visits := builder.Of(pair) // stage 2 knows the pair of an event by then
				for i := range events {
					visits.Add(&events[i])
				}
			}
			if err := builder.Flush(func(sessionize.Pair, []sessionize.Visit) error { return nil }); err != nil {
				return err
			}
			p.Rows += purePairs * pureEvents
		}
		p.Seconds = b.Now().Sub(began).Seconds()
		p.steady, p.allocations = pureSteady, steadyAllocations(gap)
		return nil
	})
}

// activities are a device's: a minute apart, eight a visit, a few pages, tagged ones now
// and then.
func activities(n int) []sessionize.Activity {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	events := make([]sessionize.Activity, n)
	for i := range events {
		at := event.MicrosOf(start.Add(time.Duration(i)*time.Minute + time.Duration(i/8)*time.Hour))
		events[i] = sessionize.Activity{
			Order: event.Order{At: at, Kind: event.Kind(1 + i%3), ReceivedAt: at, Source: "website", ID: fmt.Sprintf("message-%08d", i)},
			URL:   fmt.Sprintf("https://shop.example/%d", i%7), Referrer: "https://search.example/", IsBlog: i%5 == 0,
		}
		if i%4 == 0 {
			events[i].Tags = channel.Tags{Source: fmt.Sprint("s", i%3), Medium: "cpc", ClickID: "gclid"}
		}
	}
	return events
}

// steadyAllocations counts what is allocated for events that fall into open visits.
func steadyAllocations(gap time.Duration) uint64 {
	builder := sessionize.NewBuilder(gap)
	pair := sessionize.Pair{AnonymousID: "a"}
	events := activities(8 + pureSteady)
	start := events[0].At
	for i := range events {
		events[i].At = start + event.Micros(i)*1_000_000
	}
	warm := 60
	for i := range warm {
		builder.Of(pair).Add(&events[i])
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range pureSteady - warm {
		builder.Of(pair).Add(&events[warm+i])
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}
