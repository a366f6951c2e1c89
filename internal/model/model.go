// Package model shares the credit of conversions among the touches and channels
// that led to them: rule models, Shapley and Markov, of one path or of a table of
// paths. docs/models.md defines each. The package is pure.
package model

import (
	"fmt"
	"slices"
	"strings"
)

// A Model is a rule that gives credit. The numeric order is that of the columns of
// sessions.paths.
type Model int

// The models. FirstTouch to TimeDecay are fixed rules; Shapley and Markov are of the
// channels, and Markov learns from all paths.
const (
	FirstTouch Model = iota
	LastTouch
	LastNonDirect
	FirstPaid
	LastPaid
	Linear
	PositionBased
	TimeDecay
	Shapley
	Markov
)

var names = [Markov + 1]string{
	"first_touch", "last_touch", "last_non_direct", "first_paid", "last_paid",
	"linear", "position_based", "time_decay", "shapley", "markov",
}

// String is the model's name: its column in sessions.paths (Markov's there is
// markov_share) and its model in sessions.credits.
func (m Model) String() string {
	if m < 0 || m > Markov {
		return fmt.Sprintf("Model(%d)", int(m))
	}
	return names[m]
}

// All lists the models in order.
func All() []Model {
	all := make([]Model, len(names))
	for i := range all {
		all[i] = Model(i)
	}
	return all
}

// Parse is the model of a name that String gives. The error lists the names.
func Parse(name string) (Model, error) {
	if i := slices.Index(names[:], name); i >= 0 {
		return Model(i), nil
	}
	return 0, fmt.Errorf("unknown model %q: want one of %s", name, strings.Join(names[:], ", "))
}
