package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// testDeps are deps that show nothing and know no environment.
func testDeps() deps {
	return deps{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}, now: func() time.Time { return time.Time{} }}
}

func TestEveryCommandShowsAnExample(t *testing.T) {
	t.Parallel()
	root, _ := newRootCmd(testDeps())
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		require.NotEmpty(t, c.Short, c.CommandPath())
		require.Contains(t, c.Example, c.CommandPath(), c.CommandPath())
		require.False(t, strings.HasSuffix(c.Short, "."), c.CommandPath())
		for _, sub := range c.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" {
				visit(sub)
			}
		}
	}
	for _, c := range root.Commands() {
		visit(c)
	}
	require.NotEmpty(t, root.Example)
}

func TestClosest(t *testing.T) {
	t.Parallel()
	names := []string{"extract", "sessionize", "alias", "realias", "resessionize", "signup", "attribute", "reindex"}
	for word, want := range map[string]string{
		"sessionise": "sessionize", "resesionize": "resessionize", "alais": "alias", "sign-up": "signup",
		"atribute": "attribute", "x": "", "frobnicate": "", "": "",
	} {
		require.Equal(t, want, closest(word, names), word)
	}
}

func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 100: "100"} {
		require.Equal(t, want, count(n))
	}
	for d, want := range map[time.Duration]string{
		12 * time.Millisecond: "12 ms", 1234 * time.Millisecond: "1.2 s", 59 * time.Second: "59 s",
		200 * time.Second: "3 m 20 s", 3*time.Hour + 125*time.Second: "3 h 02 m", 9*time.Second + 999*time.Millisecond: "10 s",
		59*time.Second + 700*time.Millisecond: "1 m 00 s", 999*time.Millisecond + 600*time.Microsecond: "1.0 s", 59*time.Minute + 59*time.Second + 600*time.Millisecond: "1 h 00 m",
	} {
		require.Equal(t, want, took(d), d.String())
	}
	require.Equal(t, "1,204 persons with 9,311 visits in 7 months of 2018", grouped("1204 persons with 9311 visits in 7 months of 2018"))
	require.Equal(t, "1 person, 2 identities", plural(1, "person")+", "+plural(2, "identity"))
}

func TestTablesAlign(t *testing.T) {
	t.Parallel()
	d := testDeps()
	_, g := newRootCmd(d)
	g.printTable([]column{{title: "name", width: 5}, {title: "rows", right: true}}, [][]string{{"注册注册", "1"}, {"a\nb", "1,000"}})
	require.Equal(t, "  name    rows\n  注册…      1\n  a\\nb   1,000\n", d.out.(*bytes.Buffer).String())
}

func TestWrap(t *testing.T) {
	t.Parallel()
	wrapped := wrap(strings.Repeat("word ", 40), "- ", "  ")
	for line := range strings.Lines(wrapped) {
		require.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), lineWidth)
	}
	require.Equal(t, strings.Repeat("word ", 40), strings.Join(strings.Fields(wrapped)[1:], " ")+" ")
}

func TestSqlValue(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 2, 3, 4, 5, 6000, time.UTC)
	for want, v := range map[string]any{
		"NULL": nil, "'it''s'": "it's", `'a\nb'`: "a\nb", "ARRAY['a', 'b']::text[]": []string{"a", "b"},
		"'2024-01-02 03:04:05.000006Z'": at, "7": int64(7), "true": true, `'\x01ff'`: []byte{1, 255},
	} {
		require.Equal(t, want, sqlValue(v))
	}
}
