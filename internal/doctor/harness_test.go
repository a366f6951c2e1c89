package doctor_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/doctor"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// What no line may say.
const (
	password   = "hunter2hunter2"
	routingKey = "0123456789abcdef0123456789secret"
	pulse      = "pulse-4711"
)

// An installation is a database with our tables, and the options the doctor has for it.
type installation struct {
	url     string // of a superuser
	options doctor.Options
}

// empty is a database with our tables and nothing in them.
func empty(t *testing.T) *installation {
	t.Helper()
	return installed(t, migrated.Database(t))
}

// installed is the installation in a database, whose password nobody may see.
func installed(t *testing.T, database string) *installation {
	t.Helper()
	c := config.New()
	settings, err := pipeline.Settings(c)
	require.NoError(t, err)
	return &installation{database, doctor.Options{DatabaseURL: as(t, database, ""), Names: pipeline.Names(c), Settings: settings, Now: time.Now}}
}

// as is the URL with a password, and with another role where one is named.
func as(t *testing.T, database, role string) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	if role == "" {
		role = u.User.Username()
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

// events are two source tables with three months of a person who signed up.
var events = []string{
	`CREATE SCHEMA website`,
	`CREATE TABLE website.pages (id text PRIMARY KEY, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz,
		anonymous_id text, user_id text, url text, referrer text, context_campaign_source text, context_campaign_medium text)`,
	`CREATE TABLE website.tracks (id text PRIMARY KEY, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz,
		anonymous_id text, user_id text, event text)`,
	`INSERT INTO website.pages
		SELECT id, at, at, at, 'd1', "user", 'https://shop.example/' || id, NULL, 'google', 'cpc'
		FROM (VALUES ('p1', '2024-01-31 09:00Z'::timestamptz, NULL), ('p2', '2024-02-01 09:05Z', NULL), ('p3', '2024-03-09 12:00Z', 'ann')) AS v (id, at, "user")`,
	`INSERT INTO website.tracks SELECT 't1', at, at, at, 'd1', 'ann', 'signed_up' FROM (VALUES ('2024-03-09 12:03Z'::timestamptz)) AS v (at)`,
}

// healthy is an installation with a run behind it.
func healthy(t *testing.T) *installation {
	t.Helper()
	return installed(t, testkit.Template(t, "healthy "+program(t), func(ctx context.Context, database string) error {
		if err := migrated.Migrate(ctx, database); err != nil {
			return err
		}
		conn, err := pgx.Connect(ctx, database)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		for _, s := range events {
			if _, err := conn.Exec(ctx, s); err != nil {
				return err
			}
		}
		return night(ctx, database, pipeline.Request{})
	}))
}

// program is a hash of all that makes a database healthy: this very binary.
var program = func() func(t *testing.T) string {
	sum := sync.OnceValues(func() (string, error) {
		path, err := os.Executable()
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(path)
		hash := sha256.Sum256(text)
		return hex.EncodeToString(hash[:]), err
	})
	return func(t *testing.T) string {
		t.Helper()
		key, err := sum()
		require.NoError(t, err)
		return key
	}
}()

// exec says statements as a superuser, several at once where they are separated.
func (i *installation) exec(t *testing.T, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also to clean up
	conn := i.connect(t, "")
	for _, s := range statements {
		_, err := conn.PgConn().Exec(ctx, i.named(t, s)).ReadAll()
		require.NoError(t, err, s)
	}
	conn.Close(ctx)
}

// named fills in the database for {db}.
func (i *installation) named(t *testing.T, statement string) string {
	t.Helper()
	u, err := url.Parse(i.url)
	require.NoError(t, err)
	return strings.ReplaceAll(statement, "{db}", `"`+strings.TrimPrefix(u.Path, "/")+`"`)
}

// connect is a session of that name, until the test ends.
func (i *installation) connect(t *testing.T, application string) *pgx.Conn {
	t.Helper()
	c, err := pgx.ParseConfig(i.url)
	require.NoError(t, err)
	c.RuntimeParams["application_name"] = application
	conn, err := pgx.ConnectConfig(context.WithoutCancel(t.Context()), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// run is a night.
func (i *installation) run(t *testing.T, r pipeline.Request) {
	t.Helper()
	require.NoError(t, night(t.Context(), i.url, r))
}

func night(ctx context.Context, database string, r pipeline.Request) error {
	c := config.New()
	c.DatabaseURL, c.Retry.MaxElapsed = database, 0
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		return err
	}
	defer p.Close()
	_, err = p.Run(ctx, r)
	return err
}

// examine is the doctor's lines by check. None holds a secret, an identifier of a
// person, or nothing to do about what is wrong.
func (i *installation) examine(t *testing.T) map[string]doctor.Line {
	t.Helper()
	lines, err := doctor.Examine(t.Context(), i.options)
	require.NoError(t, err)
	all := map[string]doctor.Line{}
	for _, l := range lines {
		text := fmt.Sprint(l)
		for _, secret := range []string{password, routingKey, pulse, "ann", "d1", "p1"} {
			require.NotContains(t, strings.Fields(strings.NewReplacer(":", " ", "/", " ", "@", " ", "=", " ").Replace(text)), secret, text)
		}
		for _, secret := range []string{password, routingKey, pulse} {
			require.NotContains(t, text, secret)
		}
		require.NotEmpty(t, l.Found, l.Check)
		require.NotContains(t, text, "\n")
		require.Equal(t, l.State == doctor.Warning || l.State == doctor.Failed, len(l.Remedies) > 0, text)
		all[l.Check] = l
	}
	require.Len(t, all, len(lines), "each check has a name of its own")
	return all
}

// wrong are the checks that are not right.
func wrong(lines map[string]doctor.Line) (names []string) {
	for name, l := range lines {
		if l.State != doctor.OK {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// statement begins a remedy to be said to the database.
var statement = []string{"ALTER ", "ANALYZE ", "BEGIN ", "CREATE ", "DROP ", "GRANT ", "REINDEX ", "ROLLBACK ", "SELECT ", "SET "}

// follow does what the remedies say: statements as a superuser, our own commands as
// the command line does. It reports whether there was anything that can be done so.
func (i *installation) follow(t *testing.T, remedies []string) (did bool) {
	t.Helper()
	for _, r := range remedies {
		words := strings.Fields(r)
		switch {
		case slices.ContainsFunc(statement, func(s string) bool { return strings.HasPrefix(r, s) }):
			r, _, _ = strings.Cut(r, ", then ") // somebody restarts the server
			i.exec(t, r)
		case r == "attribution migrate":
			require.NoError(t, migrated.Migrate(t.Context(), i.url))
		case strings.HasPrefix(r, "attribution run"):
			var request pipeline.Request
			for at, w := range words {
				switch w {
				case "--full":
					request.Full = true
				case "--month":
					m, err := month.Parse(words[at+1])
					require.NoError(t, err)
					request.Months = append(request.Months, m)
				case "--from-stage":
					all := stages.All()
					request.Stages = all[slices.IndexFunc(all, func(s stages.Stage) bool { return s.Name == words[at+1] }):]
				}
			}
			i.run(t, request)
		default:
			continue
		}
		did = true
	}
	return did
}
