package model

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Names beside those of channels, where paths begin and end and in results. No channel
// may be called so.
const (
	Start        = "(start)"
	Conversion   = "(conversion)"
	Null         = "(null)"
	Unattributed = "(unattributed)" // conversions that no channel is credited with
)

// MaxOrder is the highest order of the Markov model: with more of the past in a state,
// most states are those of a handful of paths.
const MaxOrder = 3

// MaxStates is how many states a Markov chain may have; order 3 over 15 channels has
// at most 3,615. It bounds time and memory: docs/models.md has the measurements.
const MaxStates = 20_000

// maxCount is how far float64 counts exactly.
const maxCount = 1 << 53

// accuracy is the error a removal effect may have.
const accuracy = 1e-10

// A Transition is how often, over all paths, a channel followed upon the last ones.
type Transition struct {
	State []string // the channels before, the latest last: as many as the order, fewer at a path's beginning
	Next  string   // the channel that followed; Conversion or Null at a path's end
	Count int64
}

// CheckChannel refuses the names that mean something else.
func CheckChannel(name string) error {
	if slices.Contains([]string{Start, Conversion, Null, Unattributed}, name) {
		return fmt.Errorf("a channel cannot be called %s, which has a meaning of its own: give it another name", name)
	}
	return nil
}

// RemovalEffects returns, for every channel of the transitions, the part of the
// conversions, 0 to 1, that the Markov chain loses when each step onto the channel
// leads to Null; 0 where nothing converts. The order is the length of the longest
// state. Rows come in any order, and a transition may have several.
//
// A bound on the error is checked to be below 1e-10; effects are rounded to 12
// decimals.
//
// It fails on reserved names, orders above MaxOrder, more than MaxStates states,
// negative counts, counts that sum to more than 2^53, and counts that are not those of
// whole paths: a state entered more or less often than left, or out of reach.
func RemovalEffects(transitions []Transition) (map[string]float64, error) {
	c, err := newChain(transitions)
	if err != nil {
		return nil, err
	}
	effects, total := make(map[string]float64, len(c.channels)), floats.Sum(c.converting)
	ones := make([]float64, len(c.states))
	floats.AddConst(1, ones)
	// The inverse of the system has no negative entries, so its norm is the greatest
	// of its row sums, which are what it makes of ones; without a channel they shrink.
	m := newSystem(c)
	sums, residual := m.solve(ones, 1e-3)
	norm := max(1, floats.Max(sums)/(1-min(residual, 1)))
	for i, name := range c.channels {
		if total == 0 {
			effects[name] = 0
			continue
		}
		m.without(int32(i + 1))
		parts, residual := m.solve(c.first, accuracy/1000/norm)
		if !(residual*norm <= accuracy) {
			return nil, fmt.Errorf("the Markov chain of %d states cannot be solved to ten decimals, the error may be %.1g: lower the order, or join rare channels into one", len(c.states), residual*norm)
		}
		parts[0] = 1 // conversions without a channel
		effect := 1 - floats.Dot(parts, c.converting)/total
		effects[name] = min(max(math.Round(effect*1e12)/1e12, 0), 1)
	}
	return effects, nil
}
