// Package docs_test holds README.md and docs/ to the code: tables and columns are
// those of a migrated database, settings and defaults those of the configuration,
// command lines and SQL run, links lead somewhere.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the project's folder, seen from this package's.
const root = "../.."

// pages are the files that are read by people, from root.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md"} {
		found = append(found, filepath.Join(root, name))
	}
	for i := range found {
		found[i], err = filepath.Rel(root, found[i])
		require.NoError(t, err)
	}
	return found
}

// read is the text of a file below root.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

// A block is the inside of a fenced block.
type block struct {
	info string // what stands behind the opening fence
	line int    // of its first line
	text string
}

// blocks are the fenced blocks of a page.
func blocks(page string) (all []block) {
	var open *block
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &block{info: fence, line: i + 2}
		case isFence:
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return all
}

// span is inline code.
var span = regexp.MustCompile("`([^`\n]+)`")

// prose is a page with its fenced blocks emptied, so that lines keep their numbers.
func prose(page string) string {
	lines := strings.Split(page, "\n")
	inside := false
	for i, line := range lines {
		isFence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if isFence || inside {
			lines[i] = ""
		}
		if isFence {
			inside = !inside
		}
	}
	return strings.Join(lines, "\n")
}
