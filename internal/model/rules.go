package model

import (
	"math"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// DefaultHalfLife is the age at which a touch weighs half under TimeDecay: a week,
// the default of Google Analytics when it had the model.
const DefaultHalfLife = 168 * time.Hour

// A Touch is what the models ask of a touch.
type Touch struct {
	At               event.Micros
	Channel          string
	IsDirect, IsPaid bool
}

// Credits are conversions, or parts of one, by model. Those Share gives a touch under
// Markov are no credit yet: of what its channel earns the part of the touch.
type Credits [Markov + 1]float64

// Rules are what can be set of the models. The zero value is the default.
type Rules struct {
	Lookback [Markov + 1]time.Duration // longest age of a touch, by model; 0: none
	HalfLife time.Duration             // of TimeDecay; 0: DefaultHalfLife
}

// Share fills out[i] with the credit of path[i] for a conversion at the time at, and
// returns what remains: 1 for each model that can give the conversion to no touch,
// else 0. The path holds the touches at or before the conversion, by time; out is as
// long. A model sees the touches with at - lookback <= At, so both ends count.
//
// Of every model the credits and the rest sum to 1; under Markov the credits of each
// channel do, and the rest is 1 where no touch is within the lookback.
func (r *Rules) Share(path []Touch, at event.Micros, out []Credits) (rest Credits) {
	out = out[:len(path)]
	clear(out)
	for m := FirstTouch; m <= Markov; m++ {
		first := 0
		if r.Lookback[m] > 0 {
			for from := at.Add(-r.Lookback[m]); first < len(path) && path[first].At < from; first++ {
			}
		}
		if !r.give(m, path[first:], out[first:]) {
			rest[m] = 1
		}
	}
	return rest
}

// give shares a conversion among the touches a model sees, and reports whether it
// could.
func (r *Rules) give(m Model, path []Touch, out []Credits) bool {
	n := len(path)
	if n == 0 {
		return false
	}
	chosen := -1
	switch m {
	case FirstTouch:
		chosen = 0
	case LastTouch:
		chosen = n - 1
	case LastNonDirect:
		if chosen = last(path, func(t *Touch) bool { return !t.IsDirect }); chosen < 0 {
			chosen = n - 1
		}
	case FirstPaid:
		for chosen = 0; chosen < n && !path[chosen].IsPaid; chosen++ {
		}
	case LastPaid:
		chosen = last(path, func(t *Touch) bool { return t.IsPaid })
	case Linear:
		for i := range out {
			out[i][m] = 1 / float64(n)
		}
		return true
	case PositionBased:
		positionBased(out)
		return true
	case TimeDecay:
		r.timeDecay(path, out)
		return true
	case Shapley, Markov:
		byChannel(path, out, m)
		return true
	}
	if chosen < 0 || chosen == n {
		return false
	}
	out[chosen][m] = 1
	return true
}

// last is the index of the latest touch that is so, or -1.
func last(path []Touch, is func(*Touch) bool) int {
	i := len(path) - 1
	for i >= 0 && !is(&path[i]) {
		i--
	}
	return i
}

// positionBased gives 0.4 to the first and to the last and shares 0.2 among the rest.
func positionBased(out []Credits) {
	n := len(out)
	switch n {
	case 1:
		out[0][PositionBased] = 1
		return
	case 2:
		out[0][PositionBased], out[1][PositionBased] = 0.5, 0.5
		return
	}
	for i := range out {
		out[i][PositionBased] = 0.2 / float64(n-2)
	}
	out[0][PositionBased], out[n-1][PositionBased] = 0.4, 0.4
}

// timeDecay weighs each touch by 2^(-age/half-life). Ages are taken from the latest
// touch, which changes no share and keeps its weight at 1 however old it is.
func (r *Rules) timeDecay(path []Touch, out []Credits) {
	halfLife := r.HalfLife
	if halfLife == 0 {
		halfLife = DefaultHalfLife
	}
	latest, sum := path[len(path)-1].At, 0.0
	for i := range path {
		w := math.Exp2(-float64(latest-path[i].At) / (float64(halfLife) / float64(time.Microsecond)))
		out[i][TimeDecay] = w
		sum += w
	}
	for i := range out {
		out[i][TimeDecay] /= sum
	}
}

// byChannel gives each touch its part of its channel: one of as many as the channel
// has in the path; and under Shapley of as many as there are channels.
func byChannel(path []Touch, out []Credits, m Model) {
	type tally struct {
		channel string
		touches int
	}
	var room [16]tally // as many channels in one path need no allocation
	channels := room[:0]
	find := func(channel string) int {
		for i := range channels {
			if channels[i].channel == channel {
				return i
			}
		}
		channels = append(channels, tally{channel: channel})
		return len(channels) - 1
	}
	for i := range path {
		channels[find(path[i].Channel)].touches++
	}
	whole := 1.0
	if m == Shapley {
		whole = 1 / float64(len(channels))
	}
	for i := range path {
		out[i][m] = whole / float64(channels[find(path[i].Channel)].touches)
	}
}
