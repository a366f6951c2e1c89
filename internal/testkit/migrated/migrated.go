// Package migrated gives tests a database in which our tables have been made, with
// nothing in them.
package migrated

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"testing"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/migrations"
)

// Database is the URL of one of the test's own, with the default schemas. The
// migrations run once a server for each version of them.
func Database(t testing.TB) string {
	t.Helper()
	return testkit.Template(t, "migrated "+Version(t), Migrate)
}

// Version is a digest of the migrations, for the keys of templates.
func Version(t testing.TB) string {
	t.Helper()
	sum := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		sum.Write(text)
		return err
	})
	if err != nil {
		t.Fatalf("migrations: %v", err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Migrate makes our tables in the database of the URL, as testkit.Template prepares one.
func Migrate(ctx context.Context, url string) error {
	pool, err := pg.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	return pipeline.Migrate(ctx, pool, pipeline.Names(config.New()), nil)
}
