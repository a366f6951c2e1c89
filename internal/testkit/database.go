// Package testkit helps tests: private databases on a real server, and the check
// that imports go down. Nothing but tests and developers' tools imports it.
package testkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/pg/embedded"
)

// The environment that database tests look at.
const (
	// EnvServer is the URL of the server to test on, with the right to create
	// databases. Unset: the test binary starts one of its own.
	EnvServer = "ATTRIBUTION_TEST_DATABASE_URL"

	// EnvKeep, when "1", keeps the database of a failed test and the server it
	// is on.
	EnvKeep = "ATTRIBUTION_KEEP"

	// EnvCollation is the ICU locale, such as "en-US", that test databases sort
	// text by, as most production databases do, so that a forgotten COLLATE "C"
	// shows. Unset: C. It needs a server of version 15 or later.
	EnvCollation = "ATTRIBUTION_TEST_COLLATION"
)

// databaseTimeout bounds the making and the dropping of one test database,
// waiting for other packages' templates included.
const databaseTimeout = 2 * time.Minute

// Database gives the test one private, empty database on a real server and
// returns its URL: UTF8, search_path empty, so that a forgotten schema fails.
// It is dropped at the end of the test; with ATTRIBUTION_KEEP=1 that of a failed
// test is kept and its URL logged. Safe for parallel tests.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, "")
}

// Template gives the test a private copy of a database that prepare filled,
// which is done once a server for each key, whatever the number of tests and
// packages: let key name all that prepare depends on (a hash of the migrations,
// say). prepare must close its connections. Otherwise as Database.
func Template(t testing.TB, key string, prepare func(ctx context.Context, url string) error) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), databaseTimeout)
	defer cancel()
	name, err := template(ctx, key, prepare)
	if err != nil {
		t.Fatalf("template database %q: %v", key, err)
	}
	return create(t, name)
}

// create makes the test's database, as a copy of source or empty.
func create(t testing.TB, source string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), databaseTimeout)
	defer cancel()
	server, err := testServer()
	if err != nil {
		t.Fatalf("test server: %v", err)
	}
	name := databaseName(t.Name())
	if err := server.create(ctx, name, source); err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() && os.Getenv(EnvKeep) == "1" {
			t.Logf("kept the database of the failed test: %s", server.url(name))
			return
		}
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), databaseTimeout)
		defer cancel()
		if err := server.exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return server.url(name)
}

// notPlain is what a test's name may hold and a database's had better not.
var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// databaseName is unique over all processes on the server and says whose it is.
func databaseName(test string) string {
	name := strings.Trim(notPlain.ReplaceAllString(strings.ToLower(test), "_"), "_")
	if len(name) > 40 {
		name = name[len(name)-40:] // the end tells subtests apart
	}
	return "test_" + strings.ToLower(rand.Text()[:10]) + "_" + name // at most 56 of Postgres' 63 bytes
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// A server is where test databases live.
type server struct {
	base    *url.URL // of the database that statements about databases go through
	version int      // such as 150013
}

// testServer is this test binary's server, found or started on first use.
var testServer = sync.OnceValues(func() (*server, error) {
	ctx := context.Background()
	address := os.Getenv(EnvServer)
	if address == "" {
		s, err := embedded.Start(ctx, ServerOptions())
		if err != nil {
			return nil, err
		}
		address = s.URL("postgres")
		if os.Getenv(EnvKeep) == "1" {
			fmt.Fprintf(os.Stderr, "%s=1: the test server stays; to stop it: kill -INT %d; rm -r %s\n", EnvKeep, s.PID(), s.DataDirectory())
		}
	}
	base, err := url.Parse(address)
	if err != nil || base.Scheme == "" {
		return nil, fmt.Errorf("%s: want a URL, such as postgres://user@host/database", EnvServer)
	}
	server := &server{base: base}
	err = server.with(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&server.version)
	})
	return server, err
})

// ServerOptions are those of the throw-away server that tests run on: gone, with
// its data, when this process ends.
func ServerOptions() embedded.Options {
	keep := os.Getenv(EnvKeep) == "1"
	return embedded.Options{
		Fast:      true,
		Temporary: !keep,
		Outlive:   keep,
		Dir:       keptDir(keep),
		Settings: map[string]string{
			"max_connections": "200", // many packages, each with parallel tests and pools
		},
		Log: func(format string, args ...any) { fmt.Fprintf(os.Stderr, "postgres: "+format+"\n", args...) },
	}
}

// keptDir is a folder for a server that stays.
func keptDir(keep bool) string {
	if !keep {
		return ""
	}
	dir, err := os.MkdirTemp("", "attribution-kept-*")
	if err != nil {
		return "" // Start says what is wrong
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the server's account must pass
		return ""
	}
	return dir
}

// url is the address of one database on the server.
func (s *server) url(database string) string {
	u := *s.base
	u.Path = "/" + database
	return u.String()
}

// with runs f on a connection of its own.
func (s *server) with(ctx context.Context, f func(conn *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.base.String())
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return f(conn)
}

func (s *server) exec(ctx context.Context, statements ...string) error {
	return s.with(ctx, func(conn *pgx.Conn) error { return execAll(ctx, conn, statements...) })
}

func execAll(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// create makes a database, empty or as a copy.
func (s *server) create(ctx context.Context, name, source string) error {
	return s.exec(ctx, s.createStatement(name, source), emptySearchPath(name))
}

// createStatement is CREATE DATABASE. Copies are made by copying files: in memory
// that takes 22 ms for a template with 150 tables, against 37 ms by writing it all
// to the log (wal_log, the default since 15); 14 knows no other way.
func (s *server) createStatement(name, source string) string {
	statement := "CREATE DATABASE " + quote(name) + " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
	if source == "" {
		statement += "template0"
		if locale := os.Getenv(EnvCollation); locale != "" && s.version >= 150000 {
			statement += " LOCALE_PROVIDER icu ICU_LOCALE '" + strings.ReplaceAll(locale, "'", "''") + "'"
		}
	} else {
		statement += quote(source)
	}
	if s.version >= 150000 {
		statement += " STRATEGY file_copy"
	}
	return statement
}

// emptySearchPath makes a forgotten schema fail loudly.
func emptySearchPath(name string) string {
	return "ALTER DATABASE " + quote(name) + " SET search_path = ''"
}

// templateLocks keeps the tests of this process from queueing, with a
// connection each, for a template that one of them is preparing.
var templateLocks sync.Map // name → *sync.Mutex

// template gives the name of the server's template database for key, made now
// if there is none. It is prepared under another name and renamed when whole;
// an advisory lock lets one process do it.
func template(ctx context.Context, key string, prepare func(ctx context.Context, url string) error) (string, error) {
	server, err := testServer()
	if err != nil {
		return "", fmt.Errorf("test server: %w", err)
	}
	sum := sha256.Sum256([]byte(key + "\x00" + os.Getenv(EnvCollation)))
	name := "template_" + hex.EncodeToString(sum[:10])

	lock, _ := templateLocks.LoadOrStore(name, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()

	return name, server.with(ctx, func(conn *pgx.Conn) error {
		if exists, err := databaseExists(ctx, conn, name); exists || err != nil {
			return err
		}
		// Released with the connection, however this process ends.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
			return fmt.Errorf("wait for the template: %w", err)
		}
		if exists, err := databaseExists(ctx, conn, name); exists || err != nil {
			return err
		}
		unfinished := name + "_unfinished"
		if err := execAll(ctx, conn,
			"DROP DATABASE IF EXISTS "+quote(unfinished)+" WITH (FORCE)",
			server.createStatement(unfinished, ""),
			emptySearchPath(unfinished)); err != nil {
			return err
		}
		if err := prepare(ctx, server.url(unfinished)); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		return execAll(ctx, conn,
			"ALTER DATABASE "+quote(unfinished)+" WITH ALLOW_CONNECTIONS false",
			"ALTER DATABASE "+quote(unfinished)+" RENAME TO "+quote(name))
	})
}

func databaseExists(ctx context.Context, conn *pgx.Conn, name string) (exists bool, err error) {
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)", name).Scan(&exists)
	return exists, err
}
