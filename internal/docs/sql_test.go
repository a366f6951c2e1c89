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
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// indexesPage is the page with the indexes of the sources.
const indexesPage = "README.md"

// TestQueries: the queries shown ("sql") run on a database as our migrations make
// it, beside a users table of one's own, and a role with the grants of the page.
func TestQueries(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), migrated.Database(t))
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

// grantsScript makes the roles, with names to replace.
const grantsScript = "deploy/grants.sql"

// TestGrantsSuffice: the job's role as deploy/grants.sql makes it, which is no
// superuser, migrates, runs, also with --full, and verifies; analysts read what is
// published, and nothing else.
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
	exec := func(statement string) {
		t.Helper()
		_, err := conn.Exec(ctx, statement)
		require.NoError(t, err, statement)
	}
	role, analysts, segment := "job_"+database[:16], "read_"+database[:16], "segment_"+database[:16]
	t.Cleanup(func() {
		_, err := conn.Exec(outlive, "RESET ROLE")
		require.NoError(t, err)
		for _, r := range []string{role, analysts, segment} {
			for _, s := range []string{"DROP OWNED BY " + r + " CASCADE", "DROP ROLE " + r} {
				if _, err := conn.Exec(outlive, s); err != nil {
					t.Errorf("%s: %v", s, err)
				}
			}
		}
	})
	// As a warehouse that is not all the world's: since version 15 that is the default.
	exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	exec("CREATE ROLE " + segment)
	exec(`GRANT CREATE ON DATABASE "` + database + `" TO ` + segment)
	world, err := simulate.New(simulate.Options{Events: simulate.MinEvents, Days: 40, Sources: []string{"website", "app"}})
	require.NoError(t, err)
	load := func(from, to int) {
		exec("SET ROLE " + segment)
		require.NoError(t, world.WriteTables(ctx, conn, from, to, nil))
		exec("RESET ROLE")
	}
	load(0, 30)
	for _, b := range blocks(read(t, indexesPage)) {
		if b.info == "sql indexes" {
			for _, s := range statements(b.text) {
				exec(s)
			}
		}
	}

	text := strings.NewReplacer("attribution_job", role, "attribution_analysts", analysts, "segment_writer", segment, "DATABASE warehouse", `DATABASE "`+database+`"`).Replace(read(t, grantsScript))
	for _, s := range statements(text) {
		exec(s)
	}
	for _, r := range []string{role, analysts} {
		exec("ALTER ROLE " + r + " LOGIN PASSWORD 'a long random password'")
		var powers bool
		require.NoError(t, conn.QueryRow(ctx, "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = $1", r).Scan(&powers))
		require.False(t, powers, r)
	}
	as := func(r string) string {
		u := *address
		u.User = url.UserPassword(r, "a long random password")
		return u.String()
	}

	c := config.New()
	c.DatabaseURL, c.Sources, c.Retry.MaxElapsed = as(role), []string{"website", "app"}, 0
	pool, err := pipeline.Connect(ctx, c)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pipeline.Migrate(ctx, pool, pipeline.Names(c), nil))
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Plan(ctx, pipeline.Request{AsOf: world.Day(30)})
	require.NoError(t, err)
	runOnce(t, p, pipeline.Request{AsOf: world.Day(30)})
	load(30, 40)
	exec("SET ROLE " + segment)
	exec("CREATE TABLE website.made_later (LIKE website.tracks)")
	exec("RESET ROLE")
	_, err = pool.Exec(ctx, "SELECT FROM website.made_later")
	require.NoError(t, err, "default privileges")
	runOnce(t, p, pipeline.Request{AsOf: world.Day(40)})
	runOnce(t, p, pipeline.Request{AsOf: world.Day(40).Add(time.Second), Full: true})
	_, err = pool.Exec(ctx, "DELETE FROM website.tracks")
	require.ErrorContains(t, err, "permission denied", "the sources are not ours to write")

	analystsRead(t, as(analysts), conn)
}

// analystsRead: the whole of what is published can be read, and no other table of
// anybody's; nothing can be written.
func analystsRead(t *testing.T, address string, admin *pgx.Conn) {
	t.Helper()
	ctx := t.Context()
	reader, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer reader.Close(ctx)
	for _, table := range []string{"sessions.attribution", "sessions.all_sessions", "sessions.touches", "sessions.useful_sessions", "sessions.freshness", "aliases.user_ids"} {
		var rows int
		require.NoError(t, reader.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&rows), table)
		require.NotZero(t, rows, table)
	}
	_, err = reader.Exec(ctx, "DELETE FROM sessions.attribution")
	require.ErrorContains(t, err, "permission denied")
	rows, err := admin.Query(ctx, `
		SELECT relnamespace::regnamespace::text, oid::regclass::text FROM pg_catalog.pg_class
		WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Schema, Name string }])
	require.NoError(t, err)
	seen := map[string]int{}
	for _, table := range tables {
		seen[table.Schema]++
		_, err := reader.Exec(ctx, "SELECT FROM "+table.Name+" LIMIT 1")
		if table.Schema == "sessions" || table.Schema == "aliases" {
			require.NoError(t, err, table.Name)
		} else {
			require.ErrorContains(t, err, "permission denied", table.Name)
		}
	}
	for _, schema := range []string{"sessions", "aliases", "segment", "session_stages", "attribution_ops", "website", "app"} {
		require.NotZero(t, seen[schema], schema)
	}
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
