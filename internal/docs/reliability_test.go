package docs_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPromisesAreTested: every test that docs/reliability.md names is there.
func TestPromisesAreTested(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	root := os.DirFS("../..")
	require.NoError(t, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, path)
		all.Write(text)
		return err
	}))
	page, err := os.ReadFile("../../docs/reliability.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`(Test[A-Z]\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(named), 30)
	for _, name := range named {
		require.True(t, strings.Contains(all.String(), "func "+name[1]+"("), "docs/reliability.md names %s", name[1])
	}
}
