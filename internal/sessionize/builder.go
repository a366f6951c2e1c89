package sessionize

import (
	"time"
	"unsafe"
)

// A Pair is the two identifiers of an event; "" absent.
type Pair struct {
	AnonymousID, UserID string
}

// A Builder gathers the visits of many pairs from events in any order. Its memory is
// bounded by flushing: visits may be flushed at any moment, since merging what was
// flushed apart gives the same sessions.
type Builder struct {
	gap    time.Duration
	visits map[Pair][]Visit
	bytes  int64
}

// NewBuilder makes an empty Builder.
func NewBuilder(gap time.Duration) *Builder {
	return &Builder{gap: gap, visits: map[Pair][]Visit{}}
}

// Add takes an event of the pair in.
func (b *Builder) Add(p Pair, a Activity) {
	old, known := b.visits[p]
	if !known {
		b.bytes += int64(len(p.AnonymousID)+len(p.UserID)) + pairBytes
	}
	now := Add(old, a, b.gap)
	if grown := len(now) - len(old); grown > 0 {
		b.bytes += int64(grown) * (visitBytes + int64(len(a.URL)+len(a.Referrer)+len(a.ID)))
	}
	if a.Tags.IsTagged() {
		b.bytes += int64(unsafe.Sizeof(TagSet{}))
	}
	if len(now) != len(old) || &now[0] != &old[0] { // else it was changed in place
		b.visits[p] = now
	}
}

// pairBytes and visitBytes are what a pair and a visit take beside their strings:
// the map's entry with its slack, and the struct with the slice's growth.
const (
	pairBytes  = 2*int64(unsafe.Sizeof(Pair{})+unsafe.Sizeof([]Visit{})) + 16
	visitBytes = 2 * int64(unsafe.Sizeof(Visit{}))
)

// Bytes estimates the memory held, from above.
func (b *Builder) Bytes() int64 { return b.bytes }

// Flush hands over the visits of every pair, in no order, and empties the builder.
func (b *Builder) Flush(emit func(Pair, []Visit) error) error {
	for p, visits := range b.visits {
		if err := emit(p, visits); err != nil {
			return err
		}
	}
	clear(b.visits)
	b.bytes = 0
	return nil
}
