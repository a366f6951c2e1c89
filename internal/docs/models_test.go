package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestModelExamples: on the page of the models each "console" block prints what it
// says, beside the files that the "csv NAME" blocks are.
func TestModelExamples(t *testing.T) {
	t.Parallel()
	bin, folder, found := build(t), t.TempDir(), 0
	for _, b := range blocks(read(t, "docs/models.md")) {
		if name, isFile := strings.CutPrefix(b.info, "csv "); isFile {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(b.text), 0o600))
		}
		if b.info != "console" {
			continue
		}
		found++
		line, want, _ := strings.Cut(b.text, "\n")
		args, isCall := strings.CutPrefix(line, "$ attribution ")
		require.True(t, isCall, line)
		cmd := exec.Command(bin, strings.Fields(args)...)
		cmd.Dir = folder
		got, err := cmd.Output()
		require.NoError(t, err, line)
		require.Equal(t, want, string(got), "docs/models.md:%d", b.line)
	}
	require.Equal(t, 2, found)
}
