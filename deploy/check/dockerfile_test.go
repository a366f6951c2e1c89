package check_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/require"
)

// dockerfile is the Dockerfile as BuildKit reads it: its stages and the arguments
// before them, by name.
func dockerfile(t *testing.T) (stages []instructions.Stage, args map[string]string) {
	t.Helper()
	parsed, err := parser.Parse(bytes.NewReader(read(t, "Dockerfile")))
	require.NoError(t, err)
	require.Empty(t, parsed.Warnings)
	var warnings []string
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) { warnings = append(warnings, rule+": "+message) }})
	stages, meta, err := instructions.Parse(parsed.AST, lint)
	require.NoError(t, err)
	require.Empty(t, warnings)
	args = map[string]string{}
	for _, m := range meta {
		for _, a := range m.Args {
			require.NotNil(t, a.Value, "ARG %s has no default", a.Key)
			args[a.Key] = *a.Value
		}
	}
	return stages, args
}

// copies are the COPY instructions of a stage.
func copies(s instructions.Stage) (all []*instructions.CopyCommand) {
	for _, c := range s.Commands {
		if c, ok := c.(*instructions.CopyCommand); ok {
			all = append(all, c)
		}
	}
	return all
}

// pinned is an image of a minor release, or of a digest.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+(:\d+\.\d+[a-z0-9.-]*|@sha256:[0-9a-f]{64})$`)

func TestDockerfile(t *testing.T) {
	stages, args := dockerfile(t)
	require.Len(t, stages, 2)
	build, final := stages[0], stages[1]
	for _, s := range stages {
		from := strings.TrimSuffix(strings.TrimPrefix(s.BaseName, "${"), "}")
		require.Regexp(t, pinned, args[from], "FROM %s", s.BaseName)
		for _, c := range s.Commands {
			require.NotEqual(t, "add", c.Name(), "ADD fetches what nobody looks at: %v", c.Location())
			if env, ok := c.(*instructions.EnvCommand); ok {
				for _, pair := range env.Env {
					require.NotRegexp(t, `(?i)password|secret|token|key`, pair.Key)
				}
			}
		}
	}
	require.Equal(t, "$BUILDPLATFORM", build.Platform, "cross-compiled, not emulated")
	require.Empty(t, final.Platform)

	var user string
	var entry []string
	var command []string
	for _, c := range final.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			require.False(t, c.PrependShell, "a shell would take the signals")
			entry = c.CmdLine
		case *instructions.CmdCommand:
			require.False(t, c.PrependShell, "a shell would take the signals")
			command = c.CmdLine
		case *instructions.RunCommand:
			t.Errorf("the image is what was built, copied: %s", c)
		}
	}
	require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, user, "a number, and not root's")
	require.Len(t, entry, 1)
	require.Contains(t, imageFiles(t), entry[0])
	checkCommand(t, "Dockerfile", command...)
	for _, c := range copies(final) {
		require.Equal(t, build.Name, c.From)
		require.Contains(t, text(build), c.SourcePaths[0], "built nowhere")
	}
}

// text is the source of a stage.
func text(s instructions.Stage) string {
	var b strings.Builder
	for _, c := range s.Commands {
		if s, ok := c.(interface{ String() string }); ok {
			b.WriteString(s.String() + "\n")
		}
	}
	return b.String()
}

// TestBuildContext: what COPY takes by name is there, the Makefile builds in the same
// way, and none of what .dockerignore leaves out is compiled in.
func TestBuildContext(t *testing.T) {
	stages, _ := dockerfile(t)
	ignored := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(read(t, ".dockerignore")), ""))
	for _, c := range copies(stages[0]) {
		for _, source := range c.SourcePaths {
			_, err := os.Stat(filepath.Join(root, source))
			require.NoError(t, err)
			require.NotContains(t, ignored, source)
		}
	}
	flags := regexp.MustCompile(`go build (-trimpath -buildvcs=false) -ldflags ['"](-s -w -X main\.version=)`)
	inImage := flags.FindStringSubmatch(text(stages[0]))
	require.NotNil(t, inImage)
	require.Equal(t, inImage[1:], flags.FindStringSubmatch(string(read(t, "Makefile")))[1:])
	for _, name := range ignored {
		if strings.Contains(name, "*") || strings.Contains(name, ".") {
			continue
		}
		found, err := filepath.Glob(filepath.Join(root, name, "*.go"))
		require.NoError(t, err)
		require.Empty(t, found, "%s holds Go files that the image is built without", name)
	}
}
