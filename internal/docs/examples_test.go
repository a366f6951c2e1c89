package docs_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/internal/testkit/script"
)

// TestExamples: the worked examples ("scenario") come out as the pages say.
func TestExamples(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range pages(t) {
		for _, b := range blocks(read(t, page)) {
			if b.info != "scenario" {
				continue
			}
			cases, err := script.Parse(fmt.Sprintf("%s (from line %d)", page, b.line), b.text)
			require.NoError(t, err)
			for _, c := range cases {
				found++
				t.Run(c.Title, func(t *testing.T) {
					t.Parallel()
					runExample(t, c)
				})
			}
		}
	}
	require.NotZero(t, found)
}

func runExample(t *testing.T, c script.Case) {
	ctx := t.Context()
	address := migrated.Database(t)
	w := c.World()
	conn, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer conn.Close(ctx)
	require.NoError(t, w.Create(ctx, conn))
	settings := fmt.Sprintf("sources: [%s]\n", strings.Join(c.Sources(), ", "))
	for i, n := range c.Nights {
		for _, s := range n.Settings {
			require.NotContains(t, s.Key, ".", "%s:%d: write a setting of the first level", c.File, s.Line)
			settings += s.Key + ": " + s.Value + "\n"
		}
		file := filepath.Join(t.TempDir(), "attribution.yaml")
		require.NoError(t, os.WriteFile(file, []byte(settings), 0o600))
		loaded, err := config.Load(file, nil)
		require.NoError(t, err)
		loaded.DatabaseURL, loaded.Retry.MaxElapsed = address, 0
		require.NoError(t, w.Arrive(ctx, conn, i))
		p, err := pipeline.Open(ctx, loaded, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
		require.NoError(t, err)
		_, err = p.Run(ctx, pipeline.Request{AsOf: n.At})
		p.Close()
		require.NoError(t, err)
		for _, e := range n.Expects {
			require.NoError(t, e.Check(ctx, conn, c.File, script.Answer{Name: "page", Sessions: "sessions", Aliases: "aliases"}))
		}
	}
}
