package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// events writes "action test output" lines as go test -json does; "-" stands for
// the package itself.
func events(t *testing.T, lines ...string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range lines {
		fields := append(strings.SplitN(line, " ", 3), "", "")
		e := event{Action: fields[0], Package: "p", Test: strings.Trim(fields[1], "-"), Output: fields[2]}
		if e.Output != "" {
			e.Output += "\n"
		}
		text, err := json.Marshal(e)
		require.NoError(t, err)
		b.Write(append(text, '\n'))
	}
	return b.String()
}

func TestTally(t *testing.T) {
	for _, test := range []struct {
		name           string
		lines          []string
		passed, failed int
		says           string
	}{
		{"nothing", nil, 0, 0, ""},
		{"no test files", []string{"skip -"}, 0, 0, ""},
		{"a pass", []string{"run A", "pass A", "pass -"}, 1, 0, "ok    p  1 passed"},
		{"subtests, not their parent", []string{"run A", "run A/x", "run A/y", "pass A/x", "pass A/y", "pass A", "pass -"}, 2, 0, ""},
		{"a failed subtest, once", []string{"run A", "run A/x", "run A/y", "fail A/x", "output A/x boom", "pass A/y", "fail A", "fail -"}, 1, 1, "boom"},
		{"a parent that fails itself", []string{"run A", "run A/x", "pass A/x", "output A late", "fail A", "fail -"}, 1, 1, "late"},
		{"names that begin alike", []string{"run A", "run AB/x", "run AB", "fail AB/x", "fail AB", "fail A", "fail -"}, 0, 2, ""},
		{"a skip in order", []string{"run A", "output A     a_test.go:7: skip ok: needs root", "skip A", "pass -"}, 0, 0, "1 skipped: needs root"},
		{"any other skip", []string{"run A", "output A     a_test.go:7: no database", "skip A", "pass -"}, 0, 1, "SKIP WITHOUT LEAVE: p.A: no database"},
		{"a crash in a test", []string{"run A", "output A panic: oh", "fail -"}, 0, 1, "panic: oh"},
		{"a failure without a test", []string{"run A", "pass A", "output - exit status 1", "fail -"}, 1, 1, "exit status 1"},
		{"an end that never comes", []string{"run A", "pass A"}, 0, 1, "never ended"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			tally := newTally(&out)
			require.NoError(t, tally.read(strings.NewReader(events(t, test.lines...))))
			tally.closing()
			require.Equal(t, []int{test.passed, test.failed}, []int{tally.passed, tally.failed}, out.String())
			require.Contains(t, out.String(), test.says)
		})
	}
}

func TestTallyShowsTheCompiler(t *testing.T) {
	var out strings.Builder
	tally := newTally(&out)
	require.NoError(t, tally.read(strings.NewReader(`not json
{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"start","Package":"p"}
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p [p.test]"}
`)))
	require.Equal(t, 1, tally.failed)
	require.Contains(t, out.String(), "not json\np.go:1: undefined: x\nFAIL  p")
}
