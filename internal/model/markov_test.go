package model_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/attribution-dev/attribution/internal/model"
)

// row reads "a>b 3 1": a path, its conversions and nulls.
func row(t testing.TB, text string) model.Path {
	t.Helper()
	var p model.Path
	var channels string
	_, err := fmt.Sscan(text, &channels, &p.Conversions, &p.Nulls)
	require.NoError(t, err)
	if channels != "-" {
		p.Channels = strings.Split(channels, ">")
	}
	return p
}

func table(t testing.TB, o model.Options, rows ...model.Path) model.Result {
	t.Helper()
	p := model.NewPaths(o)
	for _, r := range rows {
		require.NoError(t, p.Add(r))
	}
	result, err := p.Result()
	require.NoError(t, err)
	return result
}

func rows(t testing.TB, texts ...string) (rows []model.Path) {
	t.Helper()
	for _, text := range texts {
		rows = append(rows, row(t, text))
	}
	return rows
}

func TestMarkovByHand(t *testing.T) {
	t.Parallel()
	type numbers map[string]float64
	for _, c := range []struct {
		name    string
		options model.Options
		rows    []string
		effects numbers
		credits numbers
	}{
		{
			"the textbook's three paths",
			model.Options{Order: 1, Nulls: true},
			[]string{"c1>c2>c3 1 0", "c1 0 1", "c2>c3 0 1"},
			numbers{"c1": .5, "c2": 1, "c3": 1},
			numbers{"c1": .2, "c2": .4, "c3": .4},
		},
		{
			"two ways from one channel",
			model.Options{Order: 1, Nulls: true},
			[]string{"a>b 3 1", "a>c 1 1"},
			numbers{"a": 1, "b": .75, "c": .25},
			numbers{"a": 2, "b": 1.5, "c": .5},
		},
		{
			"without those who gave up: which part of walks comes by the channel",
			model.Options{Order: 1},
			[]string{"c1>c2>c3 1 0", "c1 0 1", "c2>c3 0 1"},
			numbers{"c1": 1, "c2": 1, "c3": 1},
			numbers{"c1": 1. / 3, "c2": 1. / 3, "c3": 1. / 3},
		},
		{
			"order 2 knows that b leads on only after a",
			model.Options{Order: 2, Nulls: true},
			[]string{"a>b 1 0", "c>b 0 1"},
			numbers{"a": 1, "b": 1, "c": 0},
			numbers{"a": .5, "b": .5, "c": 0},
		},
		{
			"order 1 does not",
			model.Options{Order: 1, Nulls: true},
			[]string{"a>b 1 0", "c>b 0 1"},
			numbers{"a": .5, "b": 1, "c": .5},
			numbers{"a": .25, "b": .5, "c": .25},
		},
		{
			"one channel, met again and again",
			model.Options{Order: 1, Nulls: true},
			[]string{"a>a>a>a 7 0", "a 0 993"},
			numbers{"a": 1},
			numbers{"a": 7},
		},
		{
			"a loop of two channels",
			model.Options{Order: 1, Nulls: true},
			[]string{"a>b>a>b 1 0"}, // from a always to b; from b half to a, half to the end
			numbers{"a": 1, "b": 1},
			numbers{"a": .5, "b": .5},
		},
		{
			"no conversion",
			model.Options{Order: 1, Nulls: true},
			[]string{"a>b 0 5"},
			numbers{"a": 0, "b": 0},
			numbers{"a": 0, "b": 0},
		},
		{
			"a path nobody took",
			model.Options{Order: 1, Nulls: true},
			[]string{"a 1 0", "b 0 0"},
			numbers{"a": 1, "b": 0},
			numbers{"a": 1, "b": 0},
		},
		{
			"conversions without a touch are no channel's, and lessen every effect",
			model.Options{Order: 1, Nulls: true},
			[]string{"- 2 100", "a 1 1", "b 1 0"},
			numbers{"a": .25, "b": .25},
			numbers{"a": 1, "b": 1},
		},
		{
			"counts near the limit",
			model.Options{Order: 1, Nulls: true},
			[]string{"a>b 1000000000000000 1", "a 1 1000000000000000"},
			numbers{"a": 1, "b": 1},
			numbers{"a": 5e14, "b": 5e14},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			result := table(t, c.options, rows(t, c.rows...)...)
			effects, credits := numbers{}, numbers{}
			for _, e := range result.Channels {
				effects[e.Channel], credits[e.Channel] = e.RemovalEffect, e.Credits[model.Markov]
			}
			require.InDeltaMapValues(t, map[string]float64(c.effects), map[string]float64(effects), 1e-11)
			for name, want := range c.credits {
				require.InEpsilon(t, 1+want, 1+credits[name], 1e-11, name)
			}
		})
	}
}

// randomTable makes rows over some channels, with repeats and loops, and at times empty
// paths and rows that nobody took.
func randomTable(r *rand.Rand, channels, n, longest int) (rows []model.Path) {
	for range n {
		p := model.Path{Conversions: r.Int64N(4), Nulls: r.Int64N(4)}
		for range r.IntN(longest + 1) {
			p.Channels = append(p.Channels, string(rune('a'+r.IntN(channels))))
		}
		rows = append(rows, p)
	}
	return rows
}

// counted are the transitions of rows, by a map of text: another way than Paths has.
func counted(rows []model.Path, order int, nulls bool) []model.Transition {
	counts := map[string]int64{}
	for _, p := range rows {
		if !nulls {
			p.Nulls = 0
		}
		for i, c := range p.Channels {
			counts[strings.Join(p.Channels[max(0, i-order):i], " ")+"|"+c] += p.Conversions + p.Nulls
		}
		state := strings.Join(p.Channels[max(0, len(p.Channels)-order):], " ")
		counts[state+"|"+model.Conversion] += p.Conversions
		counts[state+"|"+model.Null] += p.Nulls
	}
	var all []model.Transition
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		state, next, _ := strings.Cut(key, "|")
		all = append(all, model.Transition{State: strings.Fields(state), Next: next, Count: counts[key]})
	}
	return all
}

// chance is the probability to convert, forwards from the start, when steps onto a
// channel are lost: by gonum's LU of the whole matrix.
func chance(t testing.TB, transitions []model.Transition, order int, without string) float64 {
	t.Helper()
	index, out := map[string]int{"": 0}, map[string]float64{}
	after := func(tr model.Transition) string {
		s := append(slices.Clone(tr.State), tr.Next)
		return strings.Join(s[max(0, len(s)-order):], " ")
	}
	isEnd := func(tr model.Transition) bool { return tr.Next == model.Conversion || tr.Next == model.Null }
	for _, tr := range transitions {
		state := strings.Join(tr.State, " ")
		out[state] += float64(tr.Count)
		names := []string{state}
		if !isEnd(tr) {
			names = append(names, after(tr))
		}
		for _, s := range names {
			if _, known := index[s]; !known {
				index[s] = len(index)
			}
		}
	}
	n := len(index)
	a, b := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
	for i := range n {
		a.Set(i, i, 1)
	}
	for _, tr := range transitions {
		state := strings.Join(tr.State, " ")
		if tr.Count == 0 {
			continue
		}
		i, p := index[state], float64(tr.Count)/out[state]
		switch {
		case tr.Next == model.Conversion:
			b.SetVec(i, b.AtVec(i)+p)
		case !isEnd(tr) && tr.Next != without:
			j := index[after(tr)]
			a.Set(i, j, a.At(i, j)-p)
		}
	}
	var x mat.VecDense
	require.NoError(t, x.SolveVec(a, b))
	return x.AtVec(0)
}

// TestRemovalEffectsAreTheDefinition holds the effects, worked out backwards and
// iteratively, against the definition, forwards and by LU, of every order.
func TestRemovalEffectsAreTheDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		order, nulls := 1+i%model.MaxOrder, r.IntN(4) > 0
		transitions := counted(randomTable(r, 1+r.IntN(6), 1+r.IntN(40), 12), order, nulls)
		effects, err := model.RemovalEffects(transitions)
		require.NoError(t, err)
		whole := chance(t, transitions, order, "")
		for channel, effect := range effects {
			require.True(t, effect >= 0 && effect <= 1)
			if whole == 0 {
				require.Zero(t, effect)
				continue
			}
			require.InDelta(t, 1-chance(t, transitions, order, channel)/whole, effect, 1e-10, "order %d, %s", order, channel)
		}
	}
}

// TestRemovalEffectsByEnumeration adds up the probabilities of all walks, step by step,
// until hardly any are still on their way.
func TestRemovalEffectsByEnumeration(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 60 {
		order := 1 + i%model.MaxOrder
		transitions := counted(randomTable(r, 3, 1+r.IntN(6), 4), order, true)
		out := map[string]float64{}
		for _, tr := range transitions {
			out[strings.Join(tr.State, " ")] += float64(tr.Count)
		}
		converting := func(without string) (chance float64) {
			under := map[string]float64{"": 1} // of all walks those now in each state
			for left := 1.0; left > 1e-13; {
				next := map[string]float64{}
				for _, tr := range transitions {
					state := strings.Join(tr.State, " ")
					p := under[state] * float64(tr.Count) / max(out[state], 1)
					s := append(slices.Clone(tr.State), tr.Next)
					switch {
					case p == 0 || tr.Next == model.Null || tr.Next == without:
					case tr.Next == model.Conversion:
						chance += p
					default:
						next[strings.Join(s[max(0, len(s)-order):], " ")] += p
					}
				}
				under, left = next, 0
				for _, p := range next {
					left += p
				}
			}
			return chance
		}
		effects, err := model.RemovalEffects(transitions)
		require.NoError(t, err)
		for channel, effect := range effects {
			if whole := converting(""); whole > 0 {
				require.InDelta(t, 1-converting(channel)/whole, effect, 1e-10)
			}
		}
	}
}

// TestRemovalEffectsOfSlowChains: walks that go round for thousands of steps, rare
// conversions, and many states are as exact as others.
func TestRemovalEffectsOfSlowChains(t *testing.T) {
	t.Parallel()
	long := func(round string, times int) []string { return strings.Fields(strings.Repeat(round+" ", times)) }
	for name, rows := range map[string][]model.Path{
		"round and round": {
			{Channels: long("a b", 3000), Conversions: 1}, {Channels: long("a b c", 2000), Nulls: 2}, {Channels: long("c a", 1), Conversions: 5, Nulls: 9},
		},
		"rarely": {
			{Channels: long("a", 5000), Conversions: 1}, {Channels: long("b", 1), Nulls: 1e12}, {Channels: long("a b c", 1), Conversions: 1, Nulls: 1e6},
		},
		"a long way": {{Channels: strings.Fields(numbered(150)), Conversions: 1, Nulls: 1}, {Channels: strings.Fields(numbered(80)), Conversions: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for order := 1; order <= model.MaxOrder; order++ {
				transitions := counted(rows, order, true)
				effects, err := model.RemovalEffects(transitions)
				require.NoError(t, err)
				whole := chance(t, transitions, order, "")
				for i, channel := range slices.Sorted(maps.Keys(effects)) {
					if i%20 == 0 || len(effects) < 10 {
						require.InDelta(t, 1-chance(t, transitions, order, channel)/whole, effects[channel], 1e-8, "order %d, %s", order, channel)
					}
				}
			}
		})
	}
}

// numbered is c1 c2 c3 and so on.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "c%d ", i+1)
	}
	return b.String()
}

// TestRemovalEffectsKnowNoOrderOfRows: shuffled rows, and counts split over several,
// give the very same numbers.
func TestRemovalEffectsKnowNoOrderOfRows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 50 {
		transitions := counted(randomTable(r, 5, 60, 10), 1+i%model.MaxOrder, true)
		want, err := model.RemovalEffects(transitions)
		require.NoError(t, err)
		var split []model.Transition
		for _, tr := range transitions {
			part := tr
			part.Count = r.Int64N(tr.Count + 1)
			tr.Count -= part.Count
			split = append(split, tr, part)
		}
		r.Shuffle(len(split), func(i, j int) { split[i], split[j] = split[j], split[i] })
		got, err := model.RemovalEffects(split)
		require.NoError(t, err)
		require.InDeltaMapValues(t, want, got, 2e-12)
		require.Len(t, got, len(want))
	}
}

// TestRepeatsAreNothingToOrder1: a channel met several times in a row counts as once.
func TestRepeatsAreNothingToOrder1(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for range 100 {
		rows := randomTable(r, 3, 30, 12)
		want, err := model.RemovalEffects(counted(rows, 1, true))
		require.NoError(t, err)
		for i := range rows {
			rows[i].Channels = slices.Compact(rows[i].Channels)
		}
		got, err := model.RemovalEffects(counted(rows, 1, true))
		require.NoError(t, err)
		require.InDeltaMapValues(t, want, got, 1e-11)
	}
}

func TestTransitionsRefused(t *testing.T) {
	t.Parallel()
	type transitions = []model.Transition
	good := transitions{{Next: "a", Count: 2}, {State: []string{"a"}, Next: model.Conversion, Count: 2}}
	circle := func(n int64, from, to string) model.Transition {
		return model.Transition{State: []string{from}, Next: to, Count: n}
	}
	for _, c := range []struct {
		more model.Transition
		want string
	}{
		{model.Transition{Next: model.Start, Count: 1}, "a channel cannot be called (start), which has a meaning of its own: give it another name"},
		{model.Transition{State: []string{model.Null}, Next: "a", Count: 1}, "a channel cannot be called (null), which has a meaning of its own: give it another name"},
		{model.Transition{Next: "a", Count: -1}, "(start) > a: the count -1 is negative"},
		{model.Transition{State: []string{"a"}, Next: model.Null, Count: math.MaxInt64}, "(start) > a > (null): the counts sum to more than 2^53, beyond which they are not exact"},
		{model.Transition{State: strings.Fields("a a a a"), Next: model.Null, Count: 1}, "(start) > a > a > a > a > (null): a state of 4 channels: the highest order is 3"},
		{model.Transition{Next: "a", Count: 1}, "these are not counts of whole paths: a is entered 3 times and left 2 times, and a path leads to it: count all transitions of every path anew"},
		{circle(1, "a", "b"), "these are not counts of whole paths: a is entered 2 times and left 3 times, and a path leads to it: count all transitions of every path anew"},
		{circle(4, "b", "b"), "these are not counts of whole paths: b is entered 4 times and left 4 times, and no path leads to it: count all transitions of every path anew"},
	} {
		_, err := model.RemovalEffects(append(slices.Clone(good), c.more))
		require.EqualError(t, err, c.want)
	}

	var many transitions
	for i := range model.MaxStates {
		name := fmt.Sprint("c", i)
		many = append(many, model.Transition{Next: name, Count: 1}, model.Transition{State: []string{name}, Next: model.Null, Count: 1})
	}
	_, err := model.RemovalEffects(many)
	require.EqualError(t, err, "the Markov chain has 20001 states, more than 20000: lower the order, or join rare channels into one")

	// Round and round between a and b, but for two of 10^15 times.
	const rounds = 4e15
	_, err = model.RemovalEffects(transitions{
		{Next: "a", Count: 1},
		{Next: "c", Count: 1},
		{State: []string{"c"}, Next: "a", Count: 1},
		{State: []string{"a"}, Next: "b", Count: rounds},
		{State: []string{"b"}, Next: "a", Count: rounds},
		{State: []string{"a"}, Next: model.Conversion, Count: 2},
	})
	require.ErrorContains(t, err, "the Markov chain of 4 states cannot be solved to ten decimals")

	effects, err := model.RemovalEffects(nil)
	require.NoError(t, err)
	require.Empty(t, effects)
}
