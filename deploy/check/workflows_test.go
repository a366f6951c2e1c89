package check_test

import (
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/require"
)

var (
	action     = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+@v\d+$`)
	makeCall   = regexp.MustCompile(`(?m)^make ([a-z-]+)`)
	scriptCall = regexp.MustCompile(`(?m)^bash (\S+)`)
)

// TestWorkflows: they are sound to actionlint, which knows keys, expressions and the
// inputs of well-known actions; actions are of a major version, and what runs is there.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 2)
	l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	require.NoError(t, err)
	for _, file := range files {
		name, err := filepath.Rel(root, file)
		require.NoError(t, err)
		text := read(t, name)
		mistakes, err := l.Lint(name, text, nil)
		require.NoError(t, err)
		require.Empty(t, mistakes, name)
		workflow, parseErrors := actionlint.Parse(text)
		require.Empty(t, parseErrors)
		require.NotNil(t, workflow.Permissions, "%s: permissions are named", name)
		for _, job := range workflow.Jobs {
			require.NotNil(t, job.TimeoutMinutes, "%s: %s may hang", name, job.ID.Value)
			for _, step := range job.Steps {
				switch exec := step.Exec.(type) {
				case *actionlint.ExecAction:
					require.Regexp(t, action, exec.Uses.Value, name)
				case *actionlint.ExecRun:
					checkScript(t, name, exec.Run.Value)
				}
			}
		}
	}
}

// expression is replaced by the runner before a shell sees it.
var expression = regexp.MustCompile(`\$\{\{.*?\}\}`)

// checkScript: a shell can read it, and the targets and scripts it calls are there.
func checkScript(t *testing.T, where, script string) {
	t.Helper()
	shell := exec.Command("sh", "-n")
	shell.Stdin = strings.NewReader(expression.ReplaceAllString(script, "x"))
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s: %s\n%s", where, script, out)
	for _, m := range makeCall.FindAllStringSubmatch(script, -1) {
		require.Contains(t, string(read(t, "Makefile")), "\n.PHONY: "+m[1]+"\n", where)
	}
	for _, m := range scriptCall.FindAllStringSubmatch(script, -1) {
		read(t, m[1])
	}
	for _, m := range containerCall.FindAllStringSubmatch(script, -1) {
		checkCommand(t, where, strings.Fields(m[1])...)
	}
}

// containerCall is a container of our image that runs a command.
var containerCall = regexp.MustCompile(`(?m)docker run .*(?:attribution|attribution:try|"\$IMAGE:candidate") ([a-z].*)$`)

// TestReleaseIsTestedFirst, published for both architectures, and says what is in it.
func TestReleaseIsTestedFirst(t *testing.T) {
	workflow, parseErrors := actionlint.Parse(read(t, ".github/workflows/release.yml"))
	require.Empty(t, parseErrors)
	image := workflow.Jobs["image"]
	require.Equal(t, "check", image.Needs[0].Value)
	require.Contains(t, string(read(t, ".github/workflows/release.yml")), "run: bash .ci/run")
	for _, step := range image.Steps {
		exec, ok := step.Exec.(*actionlint.ExecAction)
		if !ok || !strings.HasPrefix(exec.Uses.Value, "docker/build-push-action@") {
			continue
		}
		for name, want := range map[string]string{"platforms": "linux/amd64,linux/arm64", "push": "true", "provenance": "mode=max", "sbom": "true"} {
			require.Equal(t, want, exec.Inputs[name].Value.Value, name)
		}
		_, args := dockerfile(t)
		for name := range args {
			require.Contains(t, exec.Inputs["build-args"].Value.Value, name+"=", "its digest is that of the day")
		}
		return
	}
	t.Error("nothing is published")
}
