package stages

import (
	"fmt"
	"strings"
	"testing"
	"unique"

	"github.com/stretchr/testify/require"
)

// TestTextCache gives back what it was given, whatever it had to forget, and copies.
func TestTextCache(t *testing.T) {
	t.Parallel()
	c := newTextCache()
	b := []byte("website")
	kept := c.text(b)
	copy(b, "changed")
	require.Equal(t, "website", kept, "a copy, not the row's own memory")
	require.Empty(t, c.text(nil))
	for round := range 2 {
		for i := range 3 * len(c.slots) {
			text := fmt.Sprint("text ", i)
			require.Equal(t, text, c.text([]byte(text)), "round %d", round)
		}
	}
	long := strings.Repeat("x", maxCached+1)
	require.Equal(t, long, c.text([]byte(long)))
	for i := range c.slots {
		require.LessOrEqual(t, len(c.slots[i]), maxCached)
	}
}

// BenchmarkTextCache beside what it stands in for.
func BenchmarkTextCache(b *testing.B) {
	var urls [][]byte
	for i := range 2_000 {
		urls = append(urls, fmt.Appendf(nil, "https://www.shop.example/category/%d/product-%d", i%20, i))
	}
	var sink string
	for name, text := range map[string]func([]byte) string{
		"textCache":   newTextCache().text,
		"unique.Make": func(b []byte) string { return unique.Make(string(b)).Value() },
		"string":      func(b []byte) string { return string(b) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				sink = text(urls[i%len(urls)])
				i++
			}
		})
	}
	_ = sink
}
