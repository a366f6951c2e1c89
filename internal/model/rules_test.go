package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/model"
)

const (
	hour = event.Micros(time.Hour / time.Microsecond)
	now  = 1_000_000 * hour
)

// path reads "3 search paid, 1 direct": the touches by hours before now, each with its
// channel; the channel direct is direct.
func path(text string) (touches []model.Touch) {
	for _, touch := range strings.Split(text, ", ") {
		var t model.Touch
		var hours float64
		paid := ""
		if n, _ := fmt.Sscan(touch, &hours, &t.Channel, &paid); n < 2 {
			continue
		}
		t.At = now - event.Micros(hours*float64(hour))
		t.IsDirect, t.IsPaid = t.Channel == "direct", paid == "paid"
		touches = append(touches, t)
	}
	return touches
}

func TestNames(t *testing.T) {
	t.Parallel()
	var names []string
	for i, m := range model.All() {
		require.Equal(t, model.Model(i), m)
		again, err := model.Parse(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
		names = append(names, m.String())
	}
	require.Equal(t, "first_touch last_touch last_non_direct first_paid last_paid linear position_based time_decay shapley markov", strings.Join(names, " "))
	require.Equal(t, "Model(10)", (model.Markov + 1).String())
	require.Equal(t, "Model(-1)", model.Model(-1).String())
	_, err := model.Parse("Linear")
	require.EqualError(t, err, `unknown model "Linear": want one of first_touch, last_touch, last_non_direct, first_paid, last_paid, linear, position_based, time_decay, shapley, markov`)
}

func TestShare(t *testing.T) {
	t.Parallel()
	week := 168.0
	for _, c := range []struct {
		model model.Model
		path  string
		want  []float64 // by touch; none: the rest is 1
	}{
		{model.FirstTouch, "3 a, 2 b, 1 c", []float64{1, 0, 0}},
		{model.FirstTouch, "2 a, 2 b", []float64{1, 0}}, // a tie: as the path has them
		{model.LastTouch, "3 a, 2 b, 1 direct", []float64{0, 0, 1}},
		{model.LastTouch, "0 a", []float64{1}},
		{model.LastNonDirect, "3 a, 2 b, 1 direct", []float64{0, 1, 0}},
		{model.LastNonDirect, "3 a, 2 direct, 1 b", []float64{0, 0, 1}},
		{model.LastNonDirect, "3 direct, 2 direct", []float64{0, 1}},
		{model.FirstPaid, "4 a, 3 b paid, 2 c paid, 1 d", []float64{0, 1, 0, 0}},
		{model.LastPaid, "4 a, 3 b paid, 2 c paid, 1 d", []float64{0, 0, 1, 0}},
		{model.FirstPaid, "2 a, 1 b", nil},
		{model.LastPaid, "2 a, 1 b", nil},
		{model.Linear, "4 a, 3 a, 2 a, 1 b", []float64{.25, .25, .25, .25}},
		{model.PositionBased, "1 a", []float64{1}},
		{model.PositionBased, "2 a, 1 b", []float64{.5, .5}},
		{model.PositionBased, "3 a, 2 b, 1 c", []float64{.4, .2, .4}},
		{model.PositionBased, "4 a, 3 b, 2 c, 1 d", []float64{.4, .1, .1, .4}},
		{model.TimeDecay, fmt.Sprintf("%g a, %g b, %g c", 3*week, 2*week, week), []float64{1. / 7, 2. / 7, 4. / 7}},
		{model.TimeDecay, fmt.Sprintf("%g a, %g a", 5000*week, 4999*week), []float64{1. / 3, 2. / 3}}, // 2^-5000 is no float64
		{model.TimeDecay, fmt.Sprintf("%g a, %g b", 5000*week, week), []float64{0, 1}},
		{model.TimeDecay, "1 a, 1 b", []float64{.5, .5}},
		{model.Shapley, "4 a, 3 b, 2 a, 1 a", []float64{1. / 6, .5, 1. / 6, 1. / 6}},
		{model.Shapley, "2 a, 1 a", []float64{.5, .5}},
		{model.Markov, "4 a, 3 b, 2 a, 1 a", []float64{1. / 3, 1, 1. / 3, 1. / 3}},
		{model.Markov, "", nil},
		{model.Linear, "", nil},
	} {
		t.Run(c.model.String()+" "+c.path, func(t *testing.T) {
			t.Parallel()
			touches := path(c.path)
			out := make([]model.Credits, len(touches))
			rest := (&model.Rules{}).Share(touches, now, out)
			if c.want == nil {
				require.Equal(t, 1.0, rest[c.model])
				c.want = make([]float64, len(touches))
			} else {
				require.Zero(t, rest[c.model])
			}
			for i := range touches {
				require.InDelta(t, c.want[i], out[i][c.model], 1e-15, "touch %d", i)
			}
		})
	}
}

// TestLookback: a touch exactly as old as the lookback counts, one a microsecond older
// does not; each model has its own.
func TestLookback(t *testing.T) {
	t.Parallel()
	touches := []model.Touch{
		{At: now - 2*hour - 1, Channel: "a", IsPaid: true},
		{At: now - 2*hour, Channel: "b"},
		{At: now, Channel: "b", IsDirect: true},
	}
	rules := model.Rules{}
	for _, m := range model.All() {
		rules.Lookback[m] = 2 * time.Hour
	}
	rules.Lookback[model.LastTouch] = 0
	rules.Lookback[model.Linear] = 2*time.Hour + time.Microsecond
	rules.Lookback[model.PositionBased] = time.Nanosecond
	out := make([]model.Credits, 3)
	rest := rules.Share(touches, now, out)
	want := map[model.Model][3]float64{
		model.FirstTouch:    {0, 1, 0},
		model.LastTouch:     {0, 0, 1},
		model.LastNonDirect: {0, 1, 0},
		model.FirstPaid:     {},
		model.LastPaid:      {},
		model.Linear:        {1. / 3, 1. / 3, 1. / 3},
		model.PositionBased: {0, 0, 1},
		model.Shapley:       {0, .5, .5},
		model.Markov:        {0, .5, .5},
	}
	for m, credits := range want {
		require.Equal(t, credits, [3]float64{out[0][m], out[1][m], out[2][m]}, m)
	}
	require.Equal(t, model.Credits{model.FirstPaid: 1, model.LastPaid: 1}, rest)

	rules.Lookback[model.Markov] = time.Hour
	rest = rules.Share(touches[:2], now, out[:2])
	require.Equal(t, model.Credits{model.FirstPaid: 1, model.LastPaid: 1, model.PositionBased: 1, model.Markov: 1}, rest)
}

func randomPath(r *rand.Rand) (touches []model.Touch) {
	for range r.IntN(24) {
		channel := string(rune('a' + r.IntN(20)))
		touches = append(touches, model.Touch{
			At: now - event.Micros(r.Int64N(int64(200*24*hour))), Channel: channel, IsDirect: channel == "a", IsPaid: r.IntN(4) == 0,
		})
	}
	slices.SortStableFunc(touches, func(a, b model.Touch) int { return int(a.At - b.At) })
	return touches
}

// TestShareSums: of every model the credits and the rest are one conversion, of Markov
// those of each channel are; what lies outside the lookback changes nothing.
func TestShareSums(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		touches := randomPath(r)
		rules := model.Rules{HalfLife: time.Duration(1 + r.Int64N(int64(1000*time.Hour)))}
		lookback := time.Duration(r.Int64N(int64(200 * 24 * time.Hour)))
		for _, m := range model.All() {
			rules.Lookback[m] = lookback
		}
		out := make([]model.Credits, len(touches))
		for i := range out {
			out[i][model.Linear] = 7 // what was there before is overwritten
		}
		rest := rules.Share(touches, now, out)
		for _, m := range model.All() {
			channels, sum := map[string]float64{}, rest[m]
			for i := range out {
				require.GreaterOrEqual(t, out[i][m], 0.0)
				sum += out[i][m]
				channels[touches[i].Channel] += out[i][m]
			}
			if m != model.Markov {
				require.InDelta(t, 1, sum, 1e-12, m)
				continue
			}
			some := false
			for _, share := range channels {
				some = some || share > 0
				if share > 0 {
					require.InDelta(t, 1, share, 1e-12)
				}
			}
			require.Equal(t, some, rest[m] == 0)
		}

		seen := slices.IndexFunc(touches, func(t model.Touch) bool { return now.Sub(t.At) <= lookback })
		if seen < 0 {
			seen = len(touches)
		}
		alone := make([]model.Credits, len(touches)-seen)
		require.Equal(t, rest, (&model.Rules{HalfLife: rules.HalfLife}).Share(touches[seen:], now, alone))
		require.Equal(t, alone, append([]model.Credits{}, out[seen:]...))
	}
}

// TestTimeDecayByItsFormula holds the shares against the weights as they are defined,
// of ages that float64 can bear.
func TestTimeDecayByItsFormula(t *testing.T) {
	t.Parallel()
	touches := path("400 a, 90 b, 89.5 a, 0.25 c")
	out := make([]model.Credits, len(touches))
	(&model.Rules{HalfLife: 36 * time.Hour}).Share(touches, now, out)
	sum := 0.0
	for _, age := range []float64{400, 90, 89.5, .25} {
		sum += math.Pow(.5, age/36)
	}
	for i, age := range []float64{400, 90, 89.5, .25} {
		require.InDelta(t, math.Pow(.5, age/36)/sum, out[i][model.TimeDecay], 1e-15)
	}
}

func TestShareAllocatesNothing(t *testing.T) {
	touches := path("5 a, 4 b paid, 3 c, 2 direct, 1 a")
	out := make([]model.Credits, len(touches))
	rules := &model.Rules{}
	require.Zero(t, testing.AllocsPerRun(100, func() { rules.Share(touches, now, out) }))
}

func BenchmarkShare(b *testing.B) {
	touches := path("5 a, 4 b paid, 3 c, 2 direct, 1 a")
	out := make([]model.Credits, len(touches))
	rules := &model.Rules{}
	for b.Loop() {
		rules.Share(touches, now, out)
	}
}
