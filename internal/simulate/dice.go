package simulate

import (
	"math/bits"
	"math/rand/v2"
)

// dice is a small seeded source of choices. It uses only integer arithmetic and
// single float operations, so that a seed means the same on every machine.
type dice struct{ pcg rand.PCG }

// mix is the finaliser of splitmix64: it spreads neighbouring keys over all bits.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// seed starts the dice anew.
func (d *dice) seed(a, b uint64) { d.pcg.Seed(mix(a), mix(b^0x5851f42d4c957f2d)) }

// key is 64 random bits.
func (d *dice) key() uint64 { return d.pcg.Uint64() }

// n is a number from 0 to n-1.
func (d *dice) n(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// between is a number from lo to hi, both included.
func (d *dice) between(lo, hi int64) int64 {
	if hi <= lo {
		return lo
	}
	return lo + int64(d.n(int(hi-lo+1)))
}

// unit is a number in [0, 1).
func (d *dice) unit() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// chance is true with probability p. It always takes one number from the source.
func (d *dice) chance(p float64) bool { return d.unit() < p }

// skewed is a number from 0 to n-1 that prefers small ones by a power law: the first
// tenth is drawn nearly half the time.
func (d *dice) skewed(n int) int {
	u := d.unit()
	return int(float64(n) * (u * u * u))
}

// tail is a number from lo to hi with a heavy tail (Pareto, exponent 1): one in k
// draws exceeds k times lo.
func (d *dice) tail(lo, hi int64) int64 {
	v := float64(lo) / (1 - d.unit())
	if v >= float64(hi) {
		return hi
	}
	return int64(v)
}

// weighted is an index drawn by the cumulative weights given.
func (d *dice) weighted(cumulative []int) int {
	v := d.n(cumulative[len(cumulative)-1])
	for i, c := range cumulative {
		if v < c {
			return i
		}
	}
	return len(cumulative) - 1
}

// cumulate turns weights into cumulative weights.
func cumulate(weights []int) []int {
	sums := make([]int, len(weights))
	total := 0
	for i, w := range weights {
		total += w
		sums[i] = total
	}
	return sums
}
