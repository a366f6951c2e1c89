package doctor_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/doctor"
	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// TestUnreachable: why there is no connection, and what to do about it.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url          func(t *testing.T, i *installation) string
		says, remedy string
	}{
		"nobody listens": {
			func(*testing.T, *installation) string { return "postgres://etl:" + password + "@127.0.0.1:1/warehouse" },
			"connection refused", "see that host and port in DATABASE_URL are right",
		},
		"no URL at all": {
			func(*testing.T, *installation) string { return "postgres://etl:" + password + "@[::1/warehouse" },
			"the database URL cannot be read", "DATABASE_URL=postgres://",
		},
		"no such role": {
			func(t *testing.T, i *installation) string { return as(t, i.url, "nobody") },
			`role "nobody" does not exist (SQLSTATE 28000)`, "the right role and password",
		},
		"a wrong password": {
			func(t *testing.T, i *installation) string {
				return (&pooler{refuses: map[string]pgproto3.ErrorResponse{"user": refuse("28P01", `password authentication failed for user "etl"`)}}).start(t, i, "127.0.0.1")
			},
			"password authentication failed", "the right role and password",
		},
		"no connection is left": {
			func(t *testing.T, i *installation) string {
				return (&pooler{refuses: map[string]pgproto3.ErrorResponse{"user": refuse("53300", "sorry, too many clients already")}}).start(t, i, "127.0.0.1")
			},
			"too many clients", "end sessions nobody needs",
		},
		"the server starts": {
			func(t *testing.T, i *installation) string {
				return (&pooler{refuses: map[string]pgproto3.ErrorResponse{"user": refuse("57P03", "the database system is starting up")}}).start(t, i, "127.0.0.1")
			},
			"starting up", "see the server's log",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := empty(t)
			i.options.DatabaseURL = c.url(t, i)
			lines := i.examine(t)
			require.Equal(t, doctor.Failed, lines["database"].State)
			require.Contains(t, lines["database"].Found, c.says)
			require.Contains(t, lines["database"].Remedies[0], c.remedy)
			for _, line := range lines {
				if line.Check != "database" && line.Check != "datadog" && line.Check != "pagerduty" && line.Check != "heartbeat" {
					require.Equal(t, doctor.Skipped, line.State, line)
				}
			}
		})
	}
	t.Run("no such database", func(t *testing.T) {
		t.Parallel()
		i := empty(t)
		missing := "test_" + strings.ToLower(rand.Text())
		i.options.DatabaseURL = strings.Replace(i.options.DatabaseURL, strings.Trim(i.named(t, "{db}"), `"`), missing, 1)
		line := i.examine(t)["database"]
		require.Contains(t, line.Found, "does not exist (SQLSTATE 3D000)")
		require.True(t, i.follow(t, line.Remedies))
		t.Cleanup(func() { i.exec(t, "DROP DATABASE "+missing+" WITH (FORCE)") })
		require.Equal(t, doctor.OK, i.examine(t)["database"].State)
	})
}

// job is an installation whose role has what the README grants, and nothing else.
func job(t *testing.T) (i *installation, role string) {
	t.Helper()
	i = healthy(t)
	role = "job_" + strings.ToLower(rand.Text())
	i.exec(t, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { i.exec(t, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	i.exec(t, "REVOKE ALL ON DATABASE {db} FROM PUBLIC", "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {db} TO "+role,
		"GRANT USAGE ON SCHEMA website TO "+role, "GRANT SELECT ON ALL TABLES IN SCHEMA website TO "+role,
		"DROP SCHEMA segment, session_stages, sessions, aliases, attribution_ops CASCADE")
	own := &installation{url: as(t, i.url, role)}
	require.NoError(t, migrated.Migrate(t.Context(), own.url))
	own.run(t, pipeline.Request{})
	i.options.DatabaseURL = own.url
	return i, role
}

func TestPrivileges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breaks  []string // ROLE being the role
		says    string
		remedy  string
		skipped []string // or failed, since nothing can be seen
	}{
		"no schemas can be made": {
			[]string{"REVOKE CREATE ON DATABASE {db} FROM ROLE"}, "no CREATE on the database", "GRANT CREATE ON DATABASE", nil,
		},
		"no temporary tables": {
			[]string{"REVOKE TEMPORARY ON DATABASE {db} FROM ROLE"}, "no TEMPORARY on the database", "GRANT TEMPORARY ON DATABASE", nil,
		},
		"a source is closed": {
			[]string{"REVOKE USAGE ON SCHEMA website FROM ROLE"}, "no USAGE on schema website", `GRANT USAGE ON SCHEMA "website" TO`, nil,
		},
		"a source table is closed": {
			[]string{"REVOKE SELECT ON website.pages FROM ROLE"}, "no SELECT on website.pages", `GRANT SELECT ON TABLE "website"."pages" TO`, nil,
		},
		"a schema of ours takes no tables": {
			[]string{"ALTER SCHEMA sessions OWNER TO postgres", "GRANT USAGE ON SCHEMA sessions TO ROLE"}, "not both USAGE and CREATE on schema sessions", `GRANT USAGE, CREATE ON SCHEMA "sessions" TO`, nil,
		},
		"tables of ours are another's": {
			[]string{"ALTER TABLE sessions.touches OWNER TO postgres", "ALTER TABLE sessions.touches_all OWNER TO postgres", "ALTER VIEW sessions.freshness OWNER TO postgres", "ALTER SEQUENCE attribution_ops.extract_ids OWNER TO postgres"},
			"another role owns attribution_ops.extract_ids, sessions.freshness, sessions.touches and 1 more", `ALTER TABLE "sessions"."touches" OWNER TO`, nil,
		},
		"a table of ours is read only": {
			[]string{"REVOKE INSERT ON aliases.edges FROM ROLE"}, "not all rights on aliases.edges", `GRANT ALL ON TABLE "aliases"."edges" TO`, nil,
		},
		"a table of ours cannot be read": {
			[]string{"REVOKE SELECT ON attribution_ops.runs FROM ROLE"}, "not all rights on attribution_ops.runs", `GRANT ALL ON TABLE "attribution_ops"."runs" TO`, []string{"last run"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, role := job(t)
			require.Empty(t, wrong(i.examine(t)))
			for _, s := range c.breaks {
				i.exec(t, strings.ReplaceAll(s, "ROLE", role))
			}
			lines := i.examine(t)
			require.ElementsMatch(t, append([]string{"privileges"}, c.skipped...), wrong(lines), lines)
			line := lines["privileges"]
			require.Equal(t, doctor.Failed, line.State)
			require.Contains(t, line.Found, c.says)
			require.Contains(t, strings.Join(line.Remedies, "\n"), c.remedy)
			require.Contains(t, line.Remedies[0], `"`+role+`"`)
			for _, s := range c.skipped {
				require.Contains(t, lines[s].Remedies[0], "the line privileges")
			}
			require.True(t, i.follow(t, line.Remedies))
			require.Empty(t, wrong(i.examine(t)))
		})
	}
	t.Run("few connections are allowed", func(t *testing.T) {
		t.Parallel()
		i, role := job(t)
		i.exec(t, "ALTER ROLE "+role+" CONNECTION LIMIT 4")
		lines := i.examine(t)
		require.Equal(t, []string{"connections"}, wrong(lines), lines)
		require.Contains(t, lines["connections"].Found, "the role "+role+" allows 4")
		require.True(t, i.follow(t, lines["connections"].Remedies))
		require.Empty(t, wrong(i.examine(t)))
	})
	t.Run("no connection is allowed", func(t *testing.T) {
		t.Parallel()
		i, role := job(t)
		i.exec(t, "REVOKE CONNECT ON DATABASE {db} FROM "+role)
		line := i.examine(t)["database"]
		require.Contains(t, line.Found, "SQLSTATE 42501")
		require.True(t, i.follow(t, line.Remedies))
		require.Empty(t, wrong(i.examine(t)))
	})
}

// A machine is a server of the test's own, which can be stopped and started.
type machine struct {
	*installation
	options embedded.Options
	server  *embedded.Server
}

func (m *machine) start(t *testing.T) {
	t.Helper()
	var err error
	m.server, err = embedded.Start(t.Context(), m.options)
	require.NoError(t, err)
}

func (m *machine) restart(t *testing.T) {
	t.Helper()
	require.NoError(t, m.server.Stop())
	m.start(t)
}

// TestServersOwnSettings breaks what only a server's settings, or its role beside
// others, say.
func TestServersOwnSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711)) // root's server runs as another user
	m := &machine{options: embedded.Options{Dir: filepath.Join(dir, "pg"), Fast: true}}
	m.start(t)
	t.Cleanup(func() { require.NoError(t, m.server.Stop()) })
	m.installation = installed(t, m.server.URL("postgres"))
	require.NoError(t, migrated.Migrate(t.Context(), m.url))
	m.exec(t, events...)
	m.run(t, pipeline.Request{})
	m.installation.options.Settings.Parallelism = 2
	require.Empty(t, wrong(m.examine(t)))

	m.exec(t, "ALTER SYSTEM SET max_wal_size = '64MB'", "ALTER SYSTEM SET max_connections = 10",
		"ALTER SYSTEM SET max_locks_per_transaction = 10", "ALTER SYSTEM SET max_prepared_transactions = 2")
	m.restart(t)
	lines := m.examine(t)
	require.Equal(t, []string{"locks", "server settings"}, wrong(lines), lines)
	require.Equal(t, doctor.Warning, lines["server settings"].State)
	require.Contains(t, lines["server settings"].Found, "max_wal_size makes a first reading checkpoint all the time")
	require.Equal(t, doctor.Failed, lines["locks"].State)
	require.Contains(t, lines["locks"].Found, "the server has room for 120")
	require.Contains(t, lines["locks"].Remedies[0], "restart the server")
	require.True(t, m.follow(t, lines["server settings"].Remedies))
	require.True(t, m.follow(t, lines["locks"].Remedies))
	m.restart(t)
	require.Empty(t, wrong(m.examine(t)))

	m.installation.options.Settings.Parallelism = 32
	line := m.examine(t)["connections"]
	require.Equal(t, doctor.Failed, line.State)
	require.Contains(t, line.Found, "a run opens up to 66; the server allows 7")
	require.Contains(t, line.Remedies[0], "set parallelism lower")
	m.installation.options.Settings.Parallelism = 2
	for range 3 {
		m.connect(t, "report")
	}
	m.exec(t, "CREATE ROLE plain LOGIN") // which is told little of others' sessions
	superuser := m.installation.options.DatabaseURL
	m.installation.options.DatabaseURL = as(t, m.url, "plain")
	line = m.examine(t)["connections"]
	require.Equal(t, doctor.Warning, line.State)
	require.Regexp(t, "a run opens up to 6; the server allows 7, and has [3-5]$", line.Found) // some closed before may not be gone yet
	require.True(t, m.follow(t, line.Remedies))
	m.restart(t)
	require.Equal(t, doctor.OK, m.examine(t)["connections"].State)
	m.installation.options.DatabaseURL = superuser

	m.installation.options.Patience = func(string) time.Duration { return 0 }
	m.exec(t, "SELECT pg_create_physical_replication_slot('unread', true)")
	conn := m.connect(t, "etl")
	for _, s := range []string{"BEGIN", "CREATE TABLE public.prepared ()", "PREPARE TRANSACTION 'forgotten'"} {
		_, err := conn.Exec(t.Context(), s)
		require.NoError(t, err)
	}
	lines = m.examine(t)
	require.Equal(t, []string{"vacuum"}, wrong(lines), lines)
	require.Equal(t, doctor.Warning, lines["vacuum"].State)
	require.Contains(t, lines["vacuum"].Found, "a transaction prepared at ")
	require.Contains(t, lines["vacuum"].Found, "replication slot unread, which nobody reads")
	require.True(t, m.follow(t, lines["vacuum"].Remedies))
	require.Empty(t, wrong(m.examine(t)))

	// A standby is a server that only follows.
	standby := filepath.Join(m.server.DataDirectory(), "standby.signal")
	require.NoError(t, m.server.Stop())
	require.NoError(t, os.WriteFile(standby, nil, 0o644))
	m.start(t)
	lines = m.examine(t)
	require.Equal(t, []string{"writable"}, wrong(lines), lines)
	require.Equal(t, doctor.Failed, lines["writable"].State)
	require.Contains(t, lines["writable"].Found, "the server is a standby")
	require.Contains(t, lines["writable"].Remedies[0], "target_session_attrs=read-write")
	require.NoError(t, m.server.Stop())
	require.NoError(t, os.Remove(standby))
	m.start(t)
	require.Empty(t, wrong(m.examine(t)))
}
