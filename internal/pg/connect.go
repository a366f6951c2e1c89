package pg

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Settings every connection starts with. timezone: month bounds are UTC. lock_timeout
// stays below statement_timeout, so that a wait is reported as a wait.
// client_connection_check_interval: a statement whose client was killed ends within
// seconds instead of running on and committing. search_path is empty: every name in
// our statements is qualified.
var sessionSettings = map[string]string{
	"timezone":                         "UTC",
	"datestyle":                        "ISO, YMD", // the md5 of a row is of times as text
	"search_path":                      "",
	"lock_timeout":                     "30s",
	"statement_timeout":                "90min",
	"client_connection_check_interval": "5s",
	"jit":                              "off", // compiles statements over many partitions for longer than they run: 1.0 s of a night's 1.2 s in stage 5 at 5 M events
	"application_name":                 "attribution",
}

// MaxParallelism is the most pieces of work a run may do at once.
const MaxParallelism = 32

// MaxConnections is how many connections a run may hold at once: for each piece of
// work one that reads and one that writes, the lock, and one to look things up. Most
// are never opened.
const MaxConnections = 2*MaxParallelism + 2

// connectTimeout bounds opening a connection where the URL says nothing: a host that
// accepts and stays silent would be waited for for ever.
const connectTimeout = 30 * time.Second

// readBytes is how much is read from a connection at once. The server sends 8 KB at a
// time and is ahead of us: measured on 2 M rows of app_tracks, 12 % less CPU of the
// process than reading each by itself.
const readBytes = 128 << 10

// An Option changes how Connect connects.
type Option func(*pgxpool.Config)

// A Password gives the password of a connection that is about to be opened.
type Password func(ctx context.Context, c *pgx.ConnConfig) (string, error)

// WithPassword asks p before each connection, so that a password that was rotated, or a
// token that expires, is never older than the connection. It wins over a password in
// the URL and in the PG* variables. Nil changes nothing.
func WithPassword(p Password) Option {
	return func(cfg *pgxpool.Config) {
		if p == nil {
			return
		}
		cfg.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
			password, err := p(ctx, c)
			if err != nil {
				return &PasswordError{Err: err}
			}
			c.Password = password
			return nil
		}
	}
}

// PasswordFile is a Password read from a file each time, without the line end at its
// end. Errors: it cannot be read, or is empty.
func PasswordFile(path string) Password {
	return func(context.Context, *pgx.ConnConfig) (string, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		password := strings.TrimRight(string(text), "\r\n")
		if password == "" {
			return "", fmt.Errorf("%s is empty", path)
		}
		return password, nil
	}
}

// A PasswordError says that there was no password to connect with: nothing was asked of
// the server yet.
type PasswordError struct{ Err error }

// Error is what the source of the password says.
func (e *PasswordError) Error() string { return "password of the database: " + e.Err.Error() }

// Unwrap is the source's error.
func (e *PasswordError) Unwrap() error { return e.Err }

// Connect opens a pool for the URL; "" means the PG* variables alone. Errors: a URL that
// is none (*pgconn.ParseConfigError), no password (*PasswordError), and whatever the
// server or the network say (*pgconn.ConnectError).
func Connect(ctx context.Context, url string, options ...Option) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	for k, v := range sessionSettings {
		if _, set := cfg.ConnConfig.RuntimeParams[k]; !set || k == "timezone" || k == "datestyle" || k == "search_path" {
			cfg.ConnConfig.RuntimeParams[k] = v
		}
	}
	// A cached statement breaks with 0A000 when a source's table changes.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	cfg.ConnConfig.StatementCacheCapacity = 0
	cfg.ConnConfig.DescriptionCacheCapacity = 0
	cfg.ConnConfig.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readBytes), w)
	}
	cfg.MaxConns = MaxConnections
	cfg.MinConns = 0
	cfg.HealthCheckPeriod = time.Minute
	for _, option := range options {
		option(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to Postgres: %w%s", err, certificateHint(err))
	}
	return pool, nil
}

// certificateHint is what to do about a server's certificate that was refused.
func certificateHint(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &authority):
		return ": nothing in the file sslrootcert names (without one: in the system's certificates) vouches for the server: give the certificate of its own authority"
	case errors.As(err, &host):
		return ": the certificate is another host's: connect by a name it holds"
	}
	return ""
}
