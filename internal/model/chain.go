package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A state is the last channels of a path as numbers from 1, the latest last; 0 before
// its beginning. The zero state is the start.
type state [MaxOrder]int32

// then is the state after one more channel, of which order are kept.
func (s state) then(channel int32, order int) state {
	kept := s[MaxOrder-order:]
	copy(kept, kept[1:])
	kept[order-1] = channel
	return s
}

// A chain is a Markov chain seen backwards: where did the visits to a state come from?
// A state is entered as often as it is left, so of the visits to s the part
// flow(r to s) / visits(s) came from r, and the part x(s) that came there by none of
// the states left out is
//
//	x(s) = first(s) + sum over r of share(r, s) x(r)
//
// where first(s) is the part that s is the beginning of. Seen forwards everything would
// be relative to the probability to convert, which may be tiny; seen backwards nothing
// is. Steps of a state onto itself are taken out, exactly, in whole numbers.
type chain struct {
	channels   []string // sorted; number 1 is the first
	states     []state  // sorted; the first is the start
	rows       []int    // what leads to state s: sources[rows[s]:rows[s+1]], and shares likewise
	sources    []int32
	shares     []float64
	first      []float64 // by state
	converting []float64 // by state, how many conversions follow upon it
}

// A flow is how many steps lead from one state to another.
type flow struct {
	to, from int32
	count    int64
}

// newChain checks the transitions and makes a chain of them.
func newChain(transitions []Transition) (*chain, error) {
	channels, order, err := check(transitions)
	if err != nil {
		return nil, err
	}
	number := make(map[string]int32, len(channels))
	for i, name := range channels {
		number[name] = int32(i + 1)
	}
	type move struct{ from, to state }
	moves := make([]move, len(transitions))
	index := map[state]int32{{}: 0}
	for i := range transitions {
		t, s := &transitions[i], &moves[i]
		for _, name := range t.State {
			s.from = s.from.then(number[name], MaxOrder)
		}
		if index[s.from] = 0; number[t.Next] > 0 {
			s.to = s.from.then(number[t.Next], order)
			index[s.to] = 0
		}
	}
	c := &chain{channels: channels, states: slices.SortedFunc(maps.Keys(index), func(a, b state) int { return slices.Compare(a[:], b[:]) })}
	if len(c.states) > MaxStates {
		return nil, fmt.Errorf("the Markov chain has %d states, more than %d: lower the order, or join rare channels into one", len(c.states), MaxStates)
	}
	for i, s := range c.states {
		index[s] = int32(i)
	}
	c.converting = make([]float64, len(c.states))
	left := make([]int64, len(c.states))
	var flows []flow
	for i := range transitions {
		t, from, to := &transitions[i], index[moves[i].from], index[moves[i].to]
		left[from] += t.Count
		switch {
		case t.Next == Conversion:
			c.converting[from] += float64(t.Count)
		case to > 0 && t.Count > 0:
			flows = append(flows, flow{to, from, t.Count})
		}
	}
	return c, c.link(flows, left)
}

// check refuses transitions no chain can be made of, and returns their channels and order.
func check(transitions []Transition) (channels []string, order int, err error) {
	names, total, order := map[string]bool{}, 0.0, 1
	for i := range transitions {
		t := &transitions[i]
		if t.Count < 0 {
			return nil, 0, fmt.Errorf("%s: the count %d is negative", t, t.Count)
		}
		if total += float64(t.Count); total > maxCount {
			return nil, 0, fmt.Errorf("%s: the counts sum to more than 2^53, beyond which they are not exact", t)
		}
		if len(t.State) > MaxOrder {
			return nil, 0, fmt.Errorf("%s: a state of %d channels: the highest order is %d", t, len(t.State), MaxOrder)
		}
		order = max(order, len(t.State))
		for _, name := range t.State {
			names[name] = true
		}
		if t.Next != Conversion && t.Next != Null {
			names[t.Next] = true
		}
	}
	channels = slices.Sorted(maps.Keys(names))
	for _, name := range channels {
		if err := CheckChannel(name); err != nil {
			return nil, 0, err
		}
	}
	return channels, order, nil
}

// String is the transition for people.
func (t *Transition) String() string {
	return strings.Join(append(append([]string{Start}, t.State...), t.Next), " > ")
}

// link fills in where each state comes from, of flows and how often each state is left.
func (c *chain) link(flows []flow, left []int64) error {
	slices.SortFunc(flows, func(a, b flow) int {
		return slices.Compare([]int32{a.to, a.from}, []int32{b.to, b.from})
	})
	entered, loops, onward := make([]int64, len(left)), make([]int64, len(left)), make([][]int32, len(left))
	for _, f := range flows {
		entered[f.to] += f.count
		if f.from == f.to {
			loops[f.to] += f.count
		}
		onward[f.from] = append(onward[f.from], f.to)
	}
	reached := reach(onward)
	for s := 1; s < len(left); s++ {
		if entered[s] != left[s] || !reached[s] && left[s] > 0 {
			return fmt.Errorf("these are not counts of whole paths: %s is entered %d times and left %d times, and %s to it: count all transitions of every path anew",
				c.name(s), entered[s], left[s], map[bool]string{true: "a path leads", false: "no path leads"}[reached[s]])
		}
	}
	c.rows, c.first = make([]int, 1, len(left)+1), make([]float64, len(left))
	for s := range left {
		for ; len(flows) > 0 && int(flows[0].to) == s; flows = flows[1:] {
			switch f, visits := flows[0], float64(left[s]-loops[s]); int(f.from) {
			case s:
			case 0:
				c.first[s] += float64(f.count) / visits
			default:
				c.sources = append(c.sources, f.from)
				c.shares = append(c.shares, float64(f.count)/visits)
			}
		}
		c.rows = append(c.rows, len(c.sources))
	}
	return nil
}

// reach says which states some path leads to.
func reach(onward [][]int32) []bool {
	reached := make([]bool, len(onward))
	for todo := []int32{0}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !reached[s] {
			reached[s] = true
			todo = append(todo, onward[s]...)
		}
	}
	return reached
}

// name is a state for people.
func (c *chain) name(s int) string {
	var names []string
	for _, n := range c.states[s] {
		if n > 0 {
			names = append(names, c.channels[n-1])
		}
	}
	return strings.Join(names, " > ")
}
