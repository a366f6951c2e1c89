package model_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/model"
)

// credits are what a model gives each channel.
func credits(r model.Result, m model.Model) map[string]float64 {
	all := map[string]float64{}
	for _, e := range r.Channels {
		all[e.Channel] = e.Credits[m]
	}
	return all
}

func TestTable(t *testing.T) {
	t.Parallel()
	o := model.Options{Order: 1, Nulls: true, Direct: "Direct", Paid: []string{"SOCIAL"}}
	result := table(t, o, rows(t, "direct 2 0", "search>email 3 0", "search>social>email 5 0", "- 4 1", "search>direct 0 7")...)
	require.EqualValues(t, 5, result.Rows)
	require.EqualValues(t, 14, result.Conversions)
	require.EqualValues(t, 8, result.Nulls)
	for m, want := range map[model.Model]map[string]float64{
		model.FirstTouch:    {"direct": 2, "email": 0, "search": 8, "social": 0},
		model.LastTouch:     {"direct": 2, "email": 8, "search": 0, "social": 0},
		model.LastNonDirect: {"direct": 2, "email": 8, "search": 0, "social": 0},
		model.FirstPaid:     {"direct": 0, "email": 0, "search": 0, "social": 5},
		model.LastPaid:      {"direct": 0, "email": 0, "search": 0, "social": 5},
		model.Linear:        {"direct": 2, "email": 19. / 6, "search": 19. / 6, "social": 5. / 3},
		model.PositionBased: {"direct": 2, "email": 3.5, "search": 3.5, "social": 1},
		model.Shapley:       {"direct": 2, "email": 19. / 6, "search": 19. / 6, "social": 5. / 3},
	} {
		require.InDeltaMapValues(t, want, credits(result, m), 1e-12, m)
	}
	want := model.Credits{4, 4, 4, 9, 9, 4, 4, 4, 4, 4}
	require.Equal(t, want, result.Unattributed)
}

func TestAges(t *testing.T) {
	t.Parallel()
	result := table(t, model.Options{}, model.Path{Channels: strings.Fields("a b c"), Ages: []float64{3, 2, 1}, Conversions: 7})
	require.InDeltaMapValues(t, map[string]float64{"a": 1, "b": 2, "c": 4}, credits(result, model.TimeDecay), 1e-11)
	result = table(t, model.Options{}, model.Path{Channels: strings.Fields("a b"), Ages: []float64{1e6, 999_999}, Conversions: 3})
	require.InDeltaMapValues(t, map[string]float64{"a": 1, "b": 2}, credits(result, model.TimeDecay), 1e-11)
	require.Zero(t, result.Channels[0].RemovalEffect, "order 0 does without Markov")
}

// TestSums: of each model what channels earned and what none did is all conversions,
// and rows split, joined or shuffled change nothing.
func TestSums(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 200 {
		o := model.Options{Order: 1 + i%model.MaxOrder, Nulls: r.IntN(2) == 0, Direct: "a", Paid: []string{"b", "d"}}
		all := randomTable(r, 1+r.IntN(6), r.IntN(40), 8)
		result := table(t, o, all...)
		for _, m := range model.All() {
			sum := result.Unattributed[m]
			for _, e := range result.Channels {
				require.GreaterOrEqual(t, e.Credits[m], 0.0)
				sum += e.Credits[m]
			}
			require.InDelta(t, result.Conversions, sum, 1e-9, m)
		}

		split := make([]model.Path, 0, 2*len(all))
		for _, p := range all {
			part := p
			part.Conversions, part.Nulls = r.Int64N(p.Conversions+1), r.Int64N(p.Nulls+1)
			p.Conversions, p.Nulls = p.Conversions-part.Conversions, p.Nulls-part.Nulls
			split = append(split, p, part)
		}
		r.Shuffle(len(split), func(i, j int) { split[i], split[j] = split[j], split[i] })
		again := table(t, o, split...)
		require.Equal(t, result.Conversions, again.Conversions)
		require.Len(t, again.Channels, len(result.Channels))
		for i, e := range result.Channels {
			require.Equal(t, e.Channel, again.Channels[i].Channel)
			require.InDelta(t, e.RemovalEffect, again.Channels[i].RemovalEffect, 2e-12)
			require.InDeltaSlice(t, e.Credits[:], again.Channels[i].Credits[:], 1e-9)
		}
	}
}

// TestShapleyIsThePermutationFormula: the closed form is the mean, over all orders in
// which channels may join, of what each adds to the worth of those before it; the worth
// of some channels is the conversions of the paths that need no others.
func TestShapleyIsThePermutationFormula(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	for n := 1; n <= 8; n++ {
		all := randomTable(r, n, 30, 8)
		worth := make([]float64, 1<<n)
		for set := range worth {
			for _, p := range all {
				if len(p.Channels) > 0 && !slices.ContainsFunc(p.Channels, func(c string) bool { return set&(1<<(c[0]-'a')) == 0 }) {
					worth[set] += float64(p.Conversions)
				}
			}
		}
		sums, orders := make([]float64, n), 0.0
		var join func(set int, gains []float64)
		join = func(set int, gains []float64) {
			if set == 1<<n-1 {
				for c, g := range gains {
					sums[c] += g
				}
				orders++
				return
			}
			for c := range n {
				if set&(1<<c) == 0 {
					gains[c] = worth[set|1<<c] - worth[set]
					join(set|1<<c, gains)
				}
			}
		}
		join(0, make([]float64, n))
		for channel, got := range credits(table(t, model.Options{}, all...), model.Shapley) {
			require.InDelta(t, sums[channel[0]-'a']/orders, got, 1e-9, "%d channels, %s", n, channel)
		}
	}
}

func TestPathsRefused(t *testing.T) {
	t.Parallel()
	for want, path := range map[string]model.Path{
		"a channel cannot be called (conversion), which has a meaning of its own: give it another name":                               {Channels: []string{"(conversion)"}},
		"a channel cannot be called (unattributed), which has a meaning of its own: give it another name":                             {Channels: []string{"(unattributed)"}},
		"-1 conversions, 0 nulls: want 0 or more":                                                                                     {Conversions: -1},
		"1 ages for 2 touches: give one age a touch":                                                                                  {Channels: []string{"a", "b"}, Ages: []float64{1}},
		"age 2 after 1: touches are by time, so ages fall":                                                                            {Channels: []string{"a", "b"}, Ages: []float64{1, 2}},
		"age -1: want 0 to 1e+06 half-lives":                                                                                          {Channels: []string{"a"}, Ages: []float64{-1}},
		"with this row the table has more than 2^53 touches, beyond which counts are not exact: divide all counts by the same number": {Channels: []string{"a"}, Conversions: 1 << 53},
	} {
		require.EqualError(t, model.NewPaths(model.Options{Order: 1}).Add(path), want)
	}
}

func BenchmarkPaths(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	all := randomTable(r, 15, 1000, 10)
	for b.Loop() {
		p := model.NewPaths(model.Options{Order: 1, Nulls: true})
		for _, row := range all {
			if err := p.Add(row); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := p.Result(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRemovalEffects solves chains of as many states as orders and channels make.
func BenchmarkRemovalEffects(b *testing.B) {
	for _, c := range []struct{ order, channels int }{{1, 15}, {2, 15}, {3, 15}, {3, 26}} {
		b.Run(fmt.Sprintf("order=%d/channels=%d", c.order, c.channels), func(b *testing.B) {
			transitions := counted(randomTable(rand.New(rand.NewPCG(1, 2)), c.channels, 60_000, 10), c.order, true)
			for b.Loop() {
				if _, err := model.RemovalEffects(transitions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
