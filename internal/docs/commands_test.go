package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// build makes the program and returns its path.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "attribution")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "./cmd/attribution")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return bin
}

var (
	listed     = regexp.MustCompile(`(?m)^  ([a-z]+) {2,}\S`)
	listedFlag = regexp.MustCompile(`(?m)^\s+(?:-\w, )?--([a-z-]+)`)
	assignment = regexp.MustCompile(`^[A-Z_]+=`)
)

// commands are the program's commands and the flags of each, as --help says.
func commands(t *testing.T) map[string][]string {
	t.Helper()
	bin := build(t)
	help := func(args ...string) string {
		cmd := exec.Command(bin, append(args, "--help")...)
		cmd.Env = os.Environ()
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
	text := help()
	_, after, found := strings.Cut(text, "Available Commands:\n")
	require.True(t, found)
	list, _, _ := strings.Cut(after, "\n\n")
	all := map[string][]string{}
	for _, m := range listed.FindAllStringSubmatch(list, -1) {
		text := help(m[1])
		all[m[1]] = []string{}
		_, after, _ := strings.Cut(text, "Available Commands:\n")
		below, _, _ := strings.Cut(after, "\n\n")
		for _, sub := range listed.FindAllStringSubmatch(below, -1) {
			text += help(m[1], sub[1])
		}
		for _, f := range listedFlag.FindAllStringSubmatch(text, -1) {
			all[m[1]] = append(all[m[1]], f[1])
		}
	}
	for _, f := range listedFlag.FindAllStringSubmatch(text, -1) {
		all[""] = append(all[""], f[1])
	}
	return all
}

// shell are the fenced blocks whose lines are typed.
var shell = []string{"sh", "console", "cron"}

// calls are the command lines of the program in a text: what follows the word
// attribution, or a path that ends in it, up to what ends a command in a shell.
func calls(line string) (all [][]string) {
	var call []string
	inside := false
	end := func() {
		if inside {
			all = append(all, call)
		}
		call, inside = nil, false
	}
	line, _, _ = strings.Cut(line, " #")
	for _, word := range strings.Fields(line) {
		switch {
		case word == "&&" || word == "||" || word == "|" || word == ";" || word == ">" || word == ">>" || word == "2>&1" || word == "2>":
			end()
		case inside:
			call = append(call, strings.TrimSuffix(word, ";"))
			if strings.HasSuffix(word, ";") {
				end()
			}
		case word == "attribution" || strings.HasSuffix(word, "/attribution"):
			inside = true
		}
	}
	end()
	return all
}

// TestCommandLines: every command line shown, in shell blocks and in inline code,
// names a command there is, with flags it has.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	known := commands(t)
	checked := 0
	for _, page := range append(pages(t), "rules/README.md") {
		text := read(t, page)
		var lines []string
		for _, b := range blocks(text) {
			if slices.Contains(shell, b.info) {
				lines = append(lines, strings.Split(strings.ReplaceAll(b.text, "\\\n", " "), "\n")...)
			}
		}
		for _, m := range span.FindAllStringSubmatch(prose(text), -1) {
			words := strings.Fields(m[1])
			for len(words) > 0 && assignment.MatchString(words[0]) {
				words = words[1:]
			}
			if len(words) > 1 && (words[0] == "attribution" || words[0] == "bin/attribution") {
				lines = append(lines, strings.Join(words, " "))
			}
		}
		for _, line := range lines {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, call := range calls(line) {
				checked++
				checkCall(t, page, line, call, known)
			}
		}
	}
	require.Greater(t, checked, 20)
}

func checkCall(t *testing.T, page, line string, call []string, known map[string][]string) {
	name := ""
	if len(call) > 0 && !strings.HasPrefix(call[0], "-") {
		name, call = call[0], call[1:]
	}
	flags, found := known[name]
	if !found {
		t.Errorf("%s: %q: no command %q", page, line, name)
		return
	}
	for _, word := range call {
		flag, isFlag := strings.CutPrefix(word, "--")
		flag, _, _ = strings.Cut(flag, "=")
		if isFlag && !slices.Contains(flags, flag) {
			t.Errorf("%s: %q: %s has no flag --%s", page, line, name, flag)
		}
	}
}

var (
	makeCall   = regexp.MustCompile(`(?:^|\s)make ([a-z][a-z/-]+)`)
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z/-]+):`)
)

// TestMakeTargets: every "make something" shown is in the Makefile.
func TestMakeTargets(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, m := range makeTarget.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	for _, page := range pages(t) {
		text := read(t, page)
		var typed []string
		for _, b := range blocks(text) {
			if slices.Contains(shell, b.info) {
				typed = append(typed, strings.Split(b.text, "\n")...)
			}
		}
		for _, m := range span.FindAllStringSubmatch(prose(text), -1) {
			typed = append(typed, m[1])
		}
		for _, line := range typed {
			line, _, _ = strings.Cut(line, " #")
			for _, m := range makeCall.FindAllStringSubmatch(line, -1) {
				if !targets[m[1]] {
					t.Errorf("%s: %q: the Makefile has no target %s", page, line, m[1])
				}
			}
		}
	}
}
