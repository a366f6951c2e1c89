package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
)

// leave begins the message of a skip that is in order.
const leave = "skip ok:"

// An event is one line of "go test -json" (see "go doc test2json").
type event struct {
	Action      string
	Package     string
	Test        string
	Output      string
	Elapsed     float64 // seconds
	ImportPath  string  // of build-output
	FailedBuild string  // the ImportPath that kept this package from building
}

// A tally counts the outcome of tests and prints as it goes.
type tally struct {
	out            io.Writer
	passed, failed int
	skips          map[string]int // reason → tests
	packages       map[string]*suite
	builds         map[string][]string // import path → what the compiler said
}

// A suite is one package under test.
type suite struct {
	output  map[string][]string // test ("" for the package) → lines
	outcome map[string]string   // test → pass, fail, skip
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, skips: map[string]int{}, packages: map[string]*suite{}, builds: map[string][]string{}}
}

// read takes in the events of one run. Lines that are none are passed through.
func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				t.take(e)
			} else {
				fmt.Fprint(t.out, line)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) take(e event) {
	if e.Action == "build-output" {
		t.builds[e.ImportPath] = append(t.builds[e.ImportPath], e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	s := t.packages[e.Package]
	if s == nil {
		s = &suite{output: map[string][]string{}, outcome: map[string]string{}}
		t.packages[e.Package] = s
	}
	switch e.Action {
	case "output":
		s.output[e.Test] = append(s.output[e.Test], e.Output)
	case "run":
		s.outcome[e.Test] = "unfinished"
	case "pass", "fail", "skip":
		if e.Test != "" {
			s.outcome[e.Test] = e.Action
		} else {
			t.finish(s, e)
			delete(t.packages, e.Package)
		}
	}
}

// finish counts a package that has ended and prints its line, and before it
// whatever its failed tests said.
func (t *tally) finish(s *suite, e event) {
	var names []string
	for name := range s.outcome {
		names = append(names, name)
	}
	sort.Strings(names)
	parents := map[string]bool{}
	for _, name := range names {
		for i := range name {
			if name[i] == '/' {
				parents[name[:i]] = true
			}
		}
	}
	passed, failed := 0, 0
	var blamed []string // failed, so far
	for i := len(names) - 1; i >= 0; i-- {
		name, outcome := names[i], s.outcome[names[i]]
		switch {
		case outcome == "fail" || outcome == "unfinished":
			// A parent fails with its children: count it only when none did.
			if !parents[name] || !anyBelow(blamed, name) {
				failed++
				blamed = append(blamed, name)
			}
			t.show(s, name)
		case outcome == "skip" && !parents[name]:
			if reason := skipReason(s.output[name]); strings.HasPrefix(reason, leave) {
				t.skips[strings.TrimSpace(strings.TrimPrefix(reason, leave))]++
			} else {
				failed++
				fmt.Fprintf(t.out, "--- SKIP WITHOUT LEAVE: %s.%s: %s\n", e.Package, name, reason)
			}
		case outcome == "pass" && !parents[name]:
			passed++
		}
	}
	if e.Action == "fail" && failed == 0 {
		failed++ // did not build, panicked outside of a test, ran out of time
		for _, line := range t.builds[e.FailedBuild] {
			fmt.Fprint(t.out, line)
		}
		t.show(s, "")
	}
	t.passed, t.failed = t.passed+passed, t.failed+failed
	switch {
	case failed > 0:
		fmt.Fprintf(t.out, "FAIL  %s  %d passed, %d failed, %.1f s\n", e.Package, passed, failed, e.Elapsed)
	case passed > 0:
		fmt.Fprintf(t.out, "ok    %s  %d passed, %.1f s\n", e.Package, passed, e.Elapsed)
	}
}

func anyBelow(names []string, parent string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, parent+"/") {
			return true
		}
	}
	return false
}

// show prints what a test, or a package, wrote.
func (t *tally) show(s *suite, test string) {
	for _, line := range s.output[test] {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(t.out, line)
		}
	}
}

// skipReason is what t.Skip was given: go test prints it as "file.go:12: …".
func skipReason(lines []string) string {
	for _, line := range lines {
		_, message, found := strings.Cut(strings.TrimSpace(line), ": ")
		if found && !strings.HasPrefix(line, "--- ") {
			return message
		}
	}
	return "no reason given"
}

// closing prints the skips, and packages whose end never came.
func (t *tally) closing() {
	for name := range t.packages {
		t.failed++
		fmt.Fprintf(t.out, "FAIL  %s  never ended\n", name)
	}
	var reasons []string
	for reason := range t.skips {
		reasons = append(reasons, reason)
	}
	sort.Strings(reasons)
	for _, reason := range reasons {
		fmt.Fprintf(t.out, "%d skipped: %s\n", t.skips[reason], reason)
	}
}
