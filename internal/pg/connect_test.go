package pg_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/pg/rdsauth"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// secure is a server that takes TLS connections on TCP alone, with passwords, whose
// certificate names localhost; the authority signed it.
type secure struct {
	authority *testkit.Authority
	port      string
	admin     *pgx.Conn
}

func startSecure(t *testing.T) *secure {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(free.Addr().String())
	require.NoError(t, err)
	require.NoError(t, free.Close())
	o := testkit.ServerOptions()
	o.Settings = map[string]string{"listen_addresses": "127.0.0.1", "port": port}
	server, err := embedded.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	admin, err := pgx.Connect(t.Context(), strings.ReplaceAll(server.URL("postgres"), "port=5432", "port="+port))
	require.NoError(t, err)
	t.Cleanup(func() { _ = admin.Close(context.WithoutCancel(t.Context())) })
	s := &secure{authority: testkit.NewAuthority(t), port: port, admin: admin}
	certificate, key := s.authority.Server(t, "localhost")
	// Written by the server itself: it refuses a key of another account's.
	s.exec(t, "CREATE TEMPORARY TABLE file (line text)")
	for name, text := range map[string]string{
		"server.crt": certificate, "server.key": key,
		"pg_hba.conf": "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
	} {
		s.exec(t, "TRUNCATE pg_temp.file")
		for line := range strings.Lines(text) {
			_, err := admin.Exec(t.Context(), "INSERT INTO pg_temp.file VALUES ($1)", strings.TrimSpace(line))
			require.NoError(t, err)
		}
		s.exec(t, "COPY pg_temp.file TO PROGRAM 'umask 077; cat > "+name+"'")
	}
	s.exec(t, "ALTER SYSTEM SET ssl = on")
	s.exec(t, "SELECT pg_catalog.pg_reload_conf()")
	s.exec(t, "CREATE ROLE job LOGIN PASSWORD 'first'")
	require.Eventually(t, func() bool {
		_, err := pgx.Connect(t.Context(), s.url("localhost", "sslmode=require&connect_timeout=1"))
		return err != nil && strings.Contains(err.Error(), "28P01") // TLS came about, the password is missing
	}, 10*time.Second, 20*time.Millisecond, "the server takes TLS")
	return s
}

func (s *secure) exec(t *testing.T, statement string) {
	t.Helper()
	_, err := s.admin.Exec(t.Context(), statement)
	require.NoError(t, err, statement)
}

// url names no password.
func (s *secure) url(host, query string) string {
	return "postgres://job@" + net.JoinHostPort(host, s.port) + "/postgres?" + query
}

// verified is the URL of a connection that checks the server's certificate and name.
func (s *secure) verified() string {
	return s.url("localhost", "sslmode=verify-full&sslrootcert="+url.QueryEscape(s.authority.File))
}

// rotate gives the role another password, and ends its connections.
func (s *secure) rotate(t *testing.T, password string) {
	t.Helper()
	s.exec(t, "ALTER ROLE job PASSWORD '"+password+"'")
	s.exec(t, "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = 'job'")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestConnectingOverTLS(t *testing.T) {
	s := startSecure(t)
	passwords := t.TempDir()

	t.Run("verify-full takes the server its authority vouches for", func(t *testing.T) {
		file := filepath.Join(passwords, "verified")
		write(t, file, "first")
		pool, err := pg.Connect(t.Context(), s.verified(), pg.WithPassword(pg.PasswordFile(file)))
		require.NoError(t, err)
		defer pool.Close()
		var encrypted bool
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()").Scan(&encrypted))
		require.True(t, encrypted)
	})

	t.Run("another authority, another name, and none are refused", func(t *testing.T) {
		for _, c := range []struct{ url, says string }{
			{s.url("localhost", "sslmode=verify-full&sslrootcert="+url.QueryEscape(testkit.NewAuthority(t).File)), "give the certificate of its own authority"},
			{s.url("localhost", "sslmode=verify-full"), "give the certificate of its own authority"},
			{strings.Replace(s.verified(), "localhost", "127.0.0.1", 1), "connect by a name it holds"},
			{s.url("localhost", "sslmode=verify-full&sslrootcert=/nowhere/ca.pem"), "/nowhere/ca.pem"},
		} {
			_, err := pg.Connect(t.Context(), c.url, pg.WithPassword(func(context.Context, *pgx.ConnConfig) (string, error) { return "first", nil }))
			require.ErrorContains(t, err, c.says, c.url)
			require.NotContains(t, err.Error(), "first")
		}
		_, err := pg.Connect(t.Context(), s.url("localhost", "sslmode=disable"))
		require.ErrorContains(t, err, "no encryption")
	})

	t.Run("a password file is read again for each connection", func(t *testing.T) {
		file := filepath.Join(passwords, "rotated")
		write(t, file, "first\r\n")
		pool, err := pg.Connect(t.Context(), s.verified(), pg.WithPassword(pg.PasswordFile(file)))
		require.NoError(t, err)
		defer pool.Close()
		for i := range 3 {
			password := fmt.Sprintf(" räuber #%d ", i) // spaces belong to it
			s.rotate(t, password)
			pool.Reset()
			err := pool.Ping(t.Context())
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "28P01", refused.Code)
			write(t, file, password+"\n")
			require.NoError(t, pool.Ping(t.Context()))
		}
		write(t, file, "\n")
		pool.Reset()
		err = pool.Ping(t.Context())
		require.ErrorContains(t, err, file+" is empty")
		require.False(t, pg.ClassOf(err).Final(), "it may be being written")
		require.NoError(t, os.Remove(file))
		require.ErrorContains(t, pool.Ping(t.Context()), "no such file")
		s.rotate(t, "first")
	})

	t.Run("PGPASSFILE", func(t *testing.T) {
		file := filepath.Join(passwords, "pgpass")
		write(t, file, "otherhost:*:*:job:wrong\nlocalhost:"+s.port+":*:job:first\n")
		_, err := pg.Connect(t.Context(), s.verified())
		require.ErrorContains(t, err, "28P01")
		t.Setenv("PGPASSFILE", file)
		pool, err := pg.Connect(t.Context(), s.verified())
		require.NoError(t, err)
		pool.Close()
	})

	t.Run("each connection has a token of its own", func(t *testing.T) {
		signer := &rotator{rotate: func(token string) { s.exec(t, "ALTER ROLE job PASSWORD '"+token+"'") }}
		pool, err := pg.Connect(t.Context(), s.verified(), pg.WithPassword(rdsauth.Password(signer)))
		require.NoError(t, err)
		defer pool.Close()
		for range 3 {
			pool.Reset()
			require.NoError(t, pool.Ping(t.Context()), "the token of the connection before is no password any more")
		}
		first, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		second, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		first.Release()
		second.Release()
		require.Equal(t, []string{"localhost:" + s.port + " job"}, signer.asked)
		require.Equal(t, 5, signer.made)
		_, err = pg.Connect(t.Context(), s.url("localhost", "sslmode=require"), pg.WithPassword(rdsauth.Password(signer)))
		require.ErrorContains(t, err, "sslmode=verify-full")
		require.Equal(t, 5, signer.made)
	})
}

// A rotator signs as RDS does in this: a token is good once.
type rotator struct {
	mu     sync.Mutex
	rotate func(token string)
	made   int
	asked  []string // what tokens were for, each once
}

func (r *rotator) Sign(_ context.Context, endpoint, _, user string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made++
	if asked := endpoint + " " + user; len(r.asked) == 0 || r.asked[len(r.asked)-1] != asked {
		r.asked = append(r.asked, asked)
	}
	token := "token-" + strconv.Itoa(r.made)
	r.rotate(token)
	return token, nil
}
