package pipeline_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// hostile are texts that would do harm where they reached a statement as text.
var hostile = []string{
	`'; DROP SCHEMA aliases CASCADE; --`, `"; DROP TABLE x; --`, `%s%n%d`, `$1`, `@run`, `{{.Run}}`, `\'; SELECT 1; --`, `\x00\u0000`, "a\tb\nc", `'`, `"`, `''`, `\`,
	`$$ || pg_sleep(9) || $$`, "\u202e\u200b\u00a0é😀", `/*`, `--`, `NULL`, `E'\n'`, "\xed\x95\x9c",
}

// TestHostileTexts in names of schemas, columns and events, in every text of the data and
// in the settings are data and nothing else: nightly, full and reference agree on them.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := config.New()
	c.Retry.MaxElapsed = 0
	c.DatabaseURL = testkit.Database(t)
	c.Schemas = config.Schemas{Segment: `seg"ment'; --`, Stages: `st%sages $1`, Sessions: `ses\sions {{.}}`, Aliases: "al/*iases\té", Ops: `"`}
	source := `web"site'; DROP SCHEMA public CASCADE; -- %s`
	column := `x"; DROP TABLE y; -- %d $2`
	c.Sources, c.Extract.ExtraColumns = []string{source}, []string{column}
	c.SignupEvents = append(c.SignupEvents, hostile...)
	c.IgnoreEvents = []string{hostile[1], hostile[3]}
	c.Identity.Blocked = append(c.Identity.Blocked, hostile[0])
	require.NoError(t, c.Validate())
	pool, err := pg.Connect(ctx, c.DatabaseURL)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pipeline.Migrate(ctx, pool, pipeline.Names(c), nil))
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := pool.Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	schema := pgx.Identifier{source}.Sanitize()
	exec("CREATE SCHEMA " + schema)
	exec("CREATE TABLE " + schema + `.tracks (id text PRIMARY KEY, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz, anonymous_id text, user_id text,
		event text, event_text text, context_page_url text, context_page_referrer text, context_campaign_source text, context_campaign_name text, ` + pgx.Identifier{column}.Sanitize() + ` text,
		"context_campaign_so'; DROP TABLE z; --urce" text)`)
	random := rand.New(rand.NewPCG(1, 2))
	text := func() any {
		if random.IntN(9) == 0 {
			return nil
		}
		return hostile[random.IntN(len(hostile))]
	}
	start := time.Date(2024, 1, 30, 0, 0, 0, 0, time.UTC)
	row := func(n int, url any) {
		at := start.Add(time.Duration(n) * 7 * time.Minute)
		exec("INSERT INTO "+schema+".tracks VALUES ($1, $2, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			fmt.Sprint(n, hostile[n%len(hostile)]), at, text(), text(), text(), text(), url, text(), text(), text(), text(), text())
	}
	for n := range 300 {
		row(n, text())
	}
	row(300, "https://shop.example/?utm_source="+strings.Repeat("'", 10<<20)) // 10 MB
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: `v'"%s`})
	require.NoError(t, err)
	defer p.Close()
	for night, full := range []bool{false, true, false} {
		_, err := p.Run(ctx, pipeline.Request{AsOf: start.AddDate(0, 0, 5+night), Full: full, Choices: pipeline.Choices{AllowShrink: true}})
		require.NoError(t, err)
		found, err := check.Verify(ctx, p.DB(), p.Settings(), check.VerifyOptions{})
		require.NoError(t, err)
		require.True(t, found.Ok(), "%+v", found)
		row(301+night, text())
	}
	for _, who := range hostile {
		_, err := p.Run(ctx, pipeline.Request{Persons: []string{who}, Stages: nil})
		if err != nil {
			require.ErrorIs(t, err, pipeline.ErrUsage, "%q", who)
		}
	}
	_, err = p.Run(ctx, pipeline.Request{Persons: []string{"a\x00b"}})
	require.ErrorIs(t, err, pipeline.ErrUsage)
}
