package pg

import (
	"bufio"
	"context"
	"fmt"
	"io"
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

// readBytes is how much is read from a connection at once. The server sends 8 KB at a
// time and is ahead of us: measured on 2 M rows of app_tracks, 12 % less CPU of the
// process than reading each by itself.
const readBytes = 128 << 10

// Connect opens a pool for the URL; "" means the PG* variables alone.
func Connect(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
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
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to Postgres: %w", err)
	}
	return pool, nil
}
