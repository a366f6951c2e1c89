package docs_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// grantsPage is the page with the scripts for roles and indexes.
const grantsPage = "README.md"

// TestQueries: the queries shown ("sql") run on a database as our migrations make
// it, beside a users table of one's own, and a role with the grants of the page.
func TestQueries(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `
		CREATE TABLE public.users (id text PRIMARY KEY, created_at timestamptz, plan text);
		CREATE TABLE public.ad_spend (day date, source text, campaign text, cost numeric)`)
	require.NoError(t, err)
	found := 0
	for _, page := range pages(t) {
		for _, b := range blocks(read(t, page)) {
			if b.info != "sql" {
				continue
			}
			for _, statement := range statements(b.text) {
				found++
				rows, err := conn.Query(t.Context(), statement)
				if err == nil {
					rows.Close()
					err = rows.Err()
				}
				require.NoError(t, err, "%s:%d: %s", page, b.line, statement)
			}
		}
	}
	require.Greater(t, found, 3)
}

var comment = regexp.MustCompile(`(?m)--.*$`)

// statements are those of a block, without comments; none holds a semicolon.
func statements(text string) (all []string) {
	for _, s := range strings.Split(comment.ReplaceAllString(text, ""), ";") {
		if strings.TrimSpace(s) != "" {
			all = append(all, s)
		}
	}
	return all
}

// TestGrantsSuffice: a role with the privileges of README.md ("sql grants"),
// and no others, migrates, runs twice, also with --full; and analysts with theirs
// ("sql analysts") read the result.
func TestGrantsSuffice(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	admin := testkit.Database(t)
	address, err := url.Parse(admin)
	require.NoError(t, err)
	database := strings.TrimPrefix(address.Path, "/")
	conn, err := pgx.Connect(ctx, admin)
	require.NoError(t, err)
	outlive := context.WithoutCancel(ctx) // the test's own context has ended when it is cleaned up
	t.Cleanup(func() { conn.Close(outlive) })
	// As a warehouse that is not all the world's: since version 15 that is the default.
	_, err = conn.Exec(ctx, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	require.NoError(t, err)

	world, err := simulate.New(simulate.Options{Events: simulate.MinEvents, Days: 40, Sources: []string{"website", "app"}})
	require.NoError(t, err)
	require.NoError(t, world.WriteTables(ctx, conn, 0, 30, nil))

	role, analysts := "job_"+database[:16], "read_"+database[:16]
	t.Cleanup(func() {
		for _, r := range []string{role, analysts} {
			for _, s := range []string{"DROP OWNED BY " + r + " CASCADE", "DROP ROLE " + r} {
				if _, err := conn.Exec(outlive, s); err != nil {
					t.Errorf("%s: %v", s, err)
				}
			}
		}
	})
	grant := func(info string) {
		found := false
		for _, b := range blocks(read(t, grantsPage)) {
			if b.info != info {
				continue
			}
			found = true
			text := strings.NewReplacer("attribution_job", role, "analysts", analysts, "DATABASE warehouse", `DATABASE "`+database+`"`).Replace(b.text)
			for _, s := range statements(text) {
				_, err := conn.Exec(ctx, s)
				require.NoError(t, err, "%s:%d: %s", grantsPage, b.line, s)
			}
		}
		require.True(t, found, info)
	}
	as := func(r string) string {
		u := *address
		u.User = url.UserPassword(r, "a long random password")
		return u.String()
	}

	grant("sql indexes")
	grant("sql grants")
	c := config.New()
	c.DatabaseURL, c.Sources, c.Retry.MaxElapsed = as(role), []string{"website", "app"}, 0
	pool, err := pg.Connect(ctx, c.DatabaseURL)
	require.NoError(t, err)
	require.NoError(t, pipeline.Migrate(ctx, pool, pipeline.Names(c), nil))
	pool.Close()
	grant("sql analysts")
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Plan(ctx, pipeline.Request{AsOf: world.Day(30)})
	require.NoError(t, err)
	runOnce(t, p, pipeline.Request{AsOf: world.Day(30)})
	require.NoError(t, world.WriteTables(ctx, conn, 30, 40, nil))
	runOnce(t, p, pipeline.Request{AsOf: world.Day(40)})
	runOnce(t, p, pipeline.Request{AsOf: world.Day(40).Add(time.Second), Full: true})

	reader, err := pgx.Connect(ctx, as(analysts))
	require.NoError(t, err)
	defer reader.Close(ctx)
	for _, table := range []string{"sessions.attribution", "sessions.all_sessions", "sessions.touches", "sessions.useful_sessions", "sessions.freshness", "aliases.user_ids"} {
		var rows int
		require.NoError(t, reader.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&rows), table)
		require.NotZero(t, rows, table)
	}
	_, err = reader.Exec(ctx, "DELETE FROM sessions.attribution")
	require.ErrorContains(t, err, "permission denied")
}

// runOnce runs the pipeline; the server may take a moment to let the lock of the run
// before go.
func runOnce(t *testing.T, p *pipeline.Pipeline, r pipeline.Request) {
	t.Helper()
	for tries := 0; ; tries++ {
		_, err := p.Run(t.Context(), r)
		if !errors.Is(err, pipeline.ErrLocked) || tries == 100 {
			require.NoError(t, err)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
