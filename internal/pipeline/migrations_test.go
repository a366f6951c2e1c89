package pipeline_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/migrations"
)

// migrationsHash names the schema, so that a template is made once for each.
func migrationsHash(t *testing.T) string {
	t.Helper()
	sum := sha256.New()
	require.NoError(t, fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		sum.Write(text)
		return err
	}))
	return hex.EncodeToString(sum.Sum(nil))
}
