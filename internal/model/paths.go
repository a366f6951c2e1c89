package model

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// A Path is a row of a table of paths.
type Path struct {
	Channels    []string  // by time; none: conversions without a touch
	Ages        []float64 // of the touches at the conversion, in half-lives; nil: not known
	Conversions int64     // how many took the path and converted
	Nulls       int64     // how many took it and did not
}

// Options say what a table of paths does not.
type Options struct {
	Order  int      // of the Markov model, 1 to MaxOrder; 0: do without it
	Nulls  bool     // the Markov model learns from those who did not convert too
	Direct string   // the channel that is direct, in upper or lower case
	Paid   []string // the channels that are paid, in upper or lower case
}

// A Result is what the models make of a table of paths. For each model the credits of
// the channels and Unattributed sum to Conversions.
type Result struct {
	Rows, Conversions, Nulls int64
	Channels                 []Earned // by name
	Unattributed             Credits  // conversions a model gives to no channel
}

// Earned is what one channel earned.
type Earned struct {
	Channel       string
	Credits       Credits // conversions
	RemovalEffect float64 // 0 to 1; 0 without the Markov model
}

// ages of touches become times: so fine a half-life loses nothing, and maxAge of them
// are still in the range of event.Micros.
const (
	halfLife = (1 << 42) * time.Microsecond
	maxAge   = 1e6
)

// Paths adds up a table of paths row by row. NewPaths makes one.
type Paths struct {
	options Options
	rules   Rules
	result  Result
	number  map[string]int32 // of a channel, from 1
	known   []Touch          // by number, what every touch of the channel has
	steps   map[step]int64
	touches float64
	path    []Touch // of the row at hand
	credits []Credits
}

// A step is a transition by numbers: next is a channel's, or one of the ends.
type step struct {
	from state
	next int32
}

const (
	converted = -1
	gaveUp    = -2
)

// NewPaths is an empty table.
func NewPaths(o Options) *Paths {
	return &Paths{options: o, rules: Rules{HalfLife: halfLife}, number: map[string]int32{}, known: make([]Touch, 1), steps: map[step]int64{}}
}

// Add adds a row. It fails, and leaves the table useless, where the row says what no
// path can be.
func (p *Paths) Add(row Path) error {
	if row.Conversions < 0 || row.Nulls < 0 {
		return fmt.Errorf("%d conversions, %d nulls: want 0 or more", row.Conversions, row.Nulls)
	}
	if row.Ages != nil && len(row.Ages) != len(row.Channels) {
		return fmt.Errorf("%d ages for %d touches: give one age a touch", len(row.Ages), len(row.Channels))
	}
	p.touches += (float64(row.Conversions) + float64(row.Nulls)) * float64(len(row.Channels)+1)
	if p.touches > maxCount {
		return fmt.Errorf("with this row the table has more than 2^53 touches, beyond which counts are not exact: divide all counts by the same number")
	}
	p.path = p.path[:0]
	var from state
	for i, name := range row.Channels {
		n, err := p.channel(name)
		if err != nil {
			return err
		}
		touch := p.known[n]
		if row.Ages != nil {
			if touch.At, err = at(row.Ages, i); err != nil {
				return err
			}
		}
		p.path = append(p.path, touch)
		if p.options.Order > 0 {
			p.step(from, n, row.Conversions, row.Nulls)
			from = from.then(n, p.options.Order)
		}
	}
	if p.options.Order > 0 {
		p.step(from, converted, row.Conversions, 0)
		p.step(from, gaveUp, 0, row.Nulls)
	}
	p.share(row.Conversions)
	p.result.Rows++
	p.result.Conversions += row.Conversions
	p.result.Nulls += row.Nulls
	return nil
}

// at is the time of the touch of one of the ages, before a conversion at 0.
func at(ages []float64, i int) (event.Micros, error) {
	switch age := ages[i]; {
	case !(age >= 0 && age <= maxAge):
		return 0, fmt.Errorf("age %v: want 0 to %v half-lives", age, float64(maxAge))
	case i > 0 && age > ages[i-1]:
		return 0, fmt.Errorf("age %v after %v: touches are by time, so ages fall", age, ages[i-1])
	default:
		return -event.Micros(age * float64(halfLife/time.Microsecond)), nil
	}
}

// channel is the number of a channel.
func (p *Paths) channel(name string) (int32, error) {
	if n, known := p.number[name]; known {
		return n, nil
	}
	if err := CheckChannel(name); err != nil {
		return 0, err
	}
	name = strings.Clone(name) // not the whole line it was cut from
	n := int32(len(p.known))
	p.number[name] = n
	isPaid := slices.ContainsFunc(p.options.Paid, func(paid string) bool { return strings.EqualFold(paid, name) })
	p.known = append(p.known, Touch{Channel: name, IsDirect: strings.EqualFold(p.options.Direct, name), IsPaid: isPaid})
	p.result.Channels = append(p.result.Channels, Earned{Channel: name})
	return n, nil
}

// step counts a transition.
func (p *Paths) step(from state, next int32, conversions, nulls int64) {
	if !p.options.Nulls {
		nulls = 0
	}
	if n := conversions + nulls; n > 0 {
		p.steps[step{from, next}] += n
	}
}

// share gives the conversions of the path at hand to its channels.
func (p *Paths) share(conversions int64) {
	if conversions == 0 {
		return
	}
	if cap(p.credits) < len(p.path) {
		p.credits = make([]Credits, 2*len(p.path))
	}
	out := p.credits[:len(p.path)]
	rest := p.rules.Share(p.path, 0, out)
	for i := range out {
		earned := &p.result.Channels[p.number[p.path[i].Channel]-1].Credits
		for m := range earned {
			earned[m] += float64(conversions) * out[i][m]
		}
	}
	for m := range rest {
		p.result.Unattributed[m] += float64(conversions) * rest[m]
	}
}

// Result is what the models make of the rows added. Markov gives each channel of the
// conversions with a path the part that its removal effect has of the sum of all. The
// errors are those of RemovalEffects.
func (p *Paths) Result() (Result, error) {
	result := p.result
	result.Channels = slices.Clone(result.Channels)
	slices.SortFunc(result.Channels, func(a, b Earned) int { return strings.Compare(a.Channel, b.Channel) })
	effects, err := RemovalEffects(p.transitions())
	if err != nil {
		return Result{}, err
	}
	sum := 0.0
	for _, c := range result.Channels {
		sum += effects[c.Channel]
	}
	for i := range result.Channels {
		c := &result.Channels[i]
		c.RemovalEffect, c.Credits[Markov] = effects[c.Channel], 0
		if sum > 0 {
			c.Credits[Markov] = (float64(result.Conversions) - result.Unattributed[Markov]) * c.RemovalEffect / sum
		}
	}
	return result, nil
}

// transitions are the steps counted, with the names of the channels.
func (p *Paths) transitions() []Transition {
	all := make([]Transition, 0, len(p.steps))
	for s, n := range p.steps {
		t := Transition{Count: n}
		for _, c := range s.from {
			if c > 0 {
				t.State = append(t.State, p.known[c].Channel)
			}
		}
		switch s.next {
		case converted:
			t.Next = Conversion
		case gaveUp:
			t.Next = Null
		default:
			t.Next = p.known[s.next].Channel
		}
		all = append(all, t)
	}
	return all
}
