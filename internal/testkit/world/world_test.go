package world

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// worlds is how many seeds the tests of this package look at.
const worlds = 500

func TestRandomWorldsAreLegalAndRepeatable(t *testing.T) {
	sources, rows := 0, 0
	for seed := range uint64(worlds) {
		w := Random(seed, Options{})
		require.NoError(t, w.legal(), "%v", w)
		require.Equal(t, w.String(), Random(seed, Options{}).String())
		require.LessOrEqual(t, len(w.Rows), 80)
		require.GreaterOrEqual(t, len(w.Rows), 5)
		sources += len(w.Sources)
		rows += len(w.Rows)
	}
	t.Logf("%d worlds: %d sources, %d rows", worlds, sources, rows)
}

func TestShuffledKeepsRowsAndIsLegal(t *testing.T) {
	moved := 0
	for seed := range uint64(worlds) {
		w := Random(seed, Options{})
		s := w.Shuffled(seed)
		require.NoError(t, s.legal(), "%v", s)
		require.ElementsMatch(t, texts(w), texts(s))
		if w.String() != s.String() {
			moved++
		}
	}
	require.Greater(t, moved, worlds/2)
}

// texts are the rows of a world but for when they were loaded.
func texts(w World) []string {
	all := make([]string, len(w.Rows))
	for i, r := range w.Rows {
		all[i] = r.Kind.String() + rowText(r)
	}
	return all
}

func TestShrinkLeavesWhatFails(t *testing.T) {
	for seed := range uint64(20) {
		w := Random(seed, Options{})
		hasSignup := func(w World) bool {
			for _, r := range w.Rows {
				if r.Values["event_text"] == "Signed Up" {
					return true
				}
			}
			return false
		}
		if !hasSignup(w) {
			continue
		}
		small := Shrink(w, hasSignup)
		require.Len(t, small.Rows, 1)
		require.Equal(t, 1, small.Nights())
		require.Equal(t, DefaultSettings(), small.Settings)
		require.Contains(t, small.String(), "Signed Up")
	}
}

func TestDiffCountsRepeatedLines(t *testing.T) {
	require.Empty(t, Diff([]string{"a", "b", "a"}, []string{"b", "a", "a"}))
	d := Diff([]string{"a", "b", "a"}, []string{"a", "c"})
	require.Equal(t, []string{"- a", "- b", "+ c"}, strings.Split(strings.TrimSpace(d), "\n"))
}
