package docs_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	required = regexp.MustCompile(`(?m)^\s*(?:require )?([a-z0-9.]+\.[a-z]+/\S+|dario\.cat/\S+) v\S+`)
	tableRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")
)

// TestDependencies: docs/development.md says of each module that ours imports, and
// of no other, why.
func TestDependencies(t *testing.T) {
	t.Parallel()
	var modules []string
	for _, m := range required.FindAllStringSubmatch(read(t, "go.mod"), -1) {
		modules = append(modules, m[1])
	}
	require.NotEmpty(t, modules)

	direct := map[string]bool{}
	for imported := range imports(t) {
		best := ""
		for _, m := range modules {
			if (imported == m || strings.HasPrefix(imported, m+"/")) && len(m) > len(best) {
				best = m
			}
		}
		if best != "" {
			direct[best] = true
		}
	}
	var named []string
	for _, m := range tableRow.FindAllStringSubmatch(section(t, "docs/development.md", "Dependencies"), -1) {
		named = append(named, m[1])
		if !direct[m[1]] {
			t.Errorf("docs/development.md gives a reason for %s, which nothing imports", m[1])
		}
	}
	for m := range direct {
		if !slices.Contains(named, m) {
			t.Errorf("docs/development.md does not say why %s is needed: add it to the table of dependencies", m)
		}
	}
}

// imports are all packages that those of the module and their tests import.
func imports(t *testing.T) map[string]bool {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-tags", "browser", "-json=Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	all := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ Imports, TestImports, XTestImports []string }
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			all[i] = true
		}
	}
}

// section is the part of a page under a heading of the second level.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(read(t, page), "\n## "+heading+"\n")
	require.True(t, found, "%s has no section %q", page, heading)
	part, _, _ := strings.Cut(after, "\n## ")
	return part
}
