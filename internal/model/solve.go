package model

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	cycle     = 20   // steps of GMRES before it begins anew; of 10 to 50 measured, the quickest over all
	maxCycles = 1000 // of those; slow chains of the tests take some ten
)

// A system of linear equations: x(s) - sum over r of share(r, s) x(r) = b(s) in the
// states of a chain but the start and those left out, where x is 0.
type system struct {
	*chain
	kept  []bool
	basis [cycle + 1][]float64
}

// newSystem leaves out no state.
func newSystem(c *chain) *system {
	m := &system{chain: c, kept: make([]bool, len(c.states))}
	for i := range m.basis {
		m.basis[i] = make([]float64, len(c.states))
	}
	m.without(0)
	return m
}

// without leaves out the states with a channel in them, and no others; 0: none.
func (m *system) without(channel int32) {
	for s := range m.kept {
		m.kept[s] = s > 0 && (channel == 0 || !slices.Contains(m.states[s][:], channel))
	}
}

// apply makes y the left side of the equations.
func (m *system) apply(y, x []float64) {
	for s := range y {
		y[s] = 0
		if m.kept[s] {
			sum := x[s]
			for i := m.rows[s]; i < m.rows[s+1]; i++ {
				sum -= m.shares[i] * x[m.sources[i]]
			}
			y[s] = sum
		}
	}
}

// solve finds x by GMRES, begun anew every cycle (Saad and Schultz 1986). The residual,
// the length of what the two sides differ by, is worked out from the x returned: it is
// at most goal, or as small as it gets.
func (m *system) solve(b []float64, goal float64) (x []float64, residual float64) {
	x, residual = make([]float64, len(b)), math.Inf(1)
	next := make([]float64, len(b))
	for s, kept := range m.kept {
		if kept {
			next[s] = 1
		}
	}
	for range maxCycles {
		rest := m.basis[0]
		m.apply(rest, next)
		for s, kept := range m.kept {
			if kept {
				rest[s] = b[s] - rest[s]
			}
		}
		length := floats.Norm(rest, 2)
		if !(length < residual) {
			break
		}
		copy(x, next)
		if residual = length; residual <= goal {
			break
		}
		m.correct(next, length, goal)
	}
	return x, residual
}

// correct adds to x the combination of the rest, basis[0], and of what the system makes
// of it again and again, that leaves the least of it.
func (m *system) correct(x []float64, length, goal float64) {
	var (
		h        [cycle][cycle + 1]float64 // by column: made upper triangular by rotations
		cos, sin [cycle]float64
		g        [cycle + 1]float64 // g[n] is what is left after n steps
		n        int
	)
	floats.Scale(1/length, m.basis[0])
	for g[0] = length; n < cycle && math.Abs(g[n]) > goal; n++ {
		w, column := m.basis[n+1], &h[n]
		m.apply(w, m.basis[n])
		whole := floats.Norm(w, 2)
		for i := range n + 1 {
			column[i] = floats.Dot(w, m.basis[i])
			floats.AddScaled(w, -column[i], m.basis[i])
		}
		size := floats.Norm(w, 2)
		if size <= whole*1e-14 { // rounding alone: the solution is among these
			size = 0
		} else {
			floats.Scale(1/size, w)
		}
		for i := range n {
			column[i], column[i+1] = cos[i]*column[i]+sin[i]*column[i+1], cos[i]*column[i+1]-sin[i]*column[i]
		}
		diagonal := math.Hypot(column[n], size)
		cos[n], sin[n], column[n] = column[n]/diagonal, size/diagonal, diagonal
		g[n], g[n+1] = cos[n]*g[n], -sin[n]*g[n]
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			g[i] -= h[j][i] * g[j]
		}
		g[i] /= h[i][i]
		floats.AddScaled(x, g[i], m.basis[i])
	}
}
