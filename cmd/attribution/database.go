package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/notify"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// embeddedDatabase is the database in a private Postgres.
const embeddedDatabase = "attribution"

// configure reads the settings and sees that there is a database: under --embedded it
// starts one, which stop ends.
func (g *globals) configure(ctx context.Context) (c config.Config, stop func(), err error) {
	stop = func() {}
	if c, err = g.settings(); err != nil {
		return c, stop, err
	}
	g.limitMemory(int64(c.MemoryLimit))
	if g.embedded == "" {
		return c, stop, nil
	}
	c.DatabaseAuth, c.DatabasePasswordFile = "password", "" // for the configured database; a private one asks for none
	server, err := embedded.Start(ctx, embedded.Options{Dir: g.embedded, Log: g.say})
	var inUse *embedded.InUseError
	switch {
	case errors.As(err, &inUse) && inUse.URL != "":
		c.DatabaseURL = inUse.URL
		g.say("using the server that process %d runs in %s", inUse.PID, g.embedded)
	case err != nil:
		return c, stop, fmt.Errorf("--embedded %s: %w", g.embedded, err)
	default:
		c.DatabaseURL = server.URL("postgres")
		stop = func() {
			if err := server.Stop(); err != nil {
				g.log.WarnContext(ctx, "stopping the private Postgres", "error", err)
			}
		}
	}
	if c.DatabaseURL, err = ensureDatabase(ctx, c.DatabaseURL, embeddedDatabase); err != nil {
		stop()
		return c, func() {}, err
	}
	return c, stop, nil
}

// limitMemory makes the collector lazy while memory is plenty, and eager before the
// limit: an eighth is left for what it does not see. GOGC and GOMEMLIMIT have
// precedence. Measured: an eighth of the process' CPU less in stage 2.
func (g *globals) limitMemory(limit int64) {
	if g.lookup("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 8 * 7)
	}
	if g.lookup("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// say logs a sentence.
func (g *globals) say(format string, args ...any) {
	g.log.Info(fmt.Sprintf(format, args...)) //nolint:sloglint // a sentence for people, of package embedded
}

// ensureDatabase makes the database on the server of the URL, where it is missing, and
// returns its own URL.
func ensureDatabase(ctx context.Context, server, name string) (string, error) {
	conf, err := pgx.ParseConfig(server)
	if err != nil {
		return "", err
	}
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return "", err
	}
	if !exists {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+pg.MustIdent(name).String()); err != nil {
			return "", err
		}
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// connect opens a pool on the configured database.
func (g *globals) connect(ctx context.Context, c config.Config) (*pgxpool.Pool, error) {
	pool, err := pipeline.Connect(ctx, c)
	return pool, g.unreachable(c, err)
}

// open opens the pipeline on the configured database; notifier is told when a run
// begins; a patient one waits for a database that is away.
func (g *globals) open(ctx context.Context, c config.Config, notifier *notify.Notifier, patient bool) (*pipeline.Pipeline, error) {
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: g.log, Version: programVersion(), Progress: g.progressTo, Now: g.now, Notify: notifier, Patient: patient})
	return p, g.unreachable(c, err)
}

// reader opens the pipeline for a command that makes no run; closeAll closes it, and
// ends the private Postgres of --embedded.
func (g *globals) reader(ctx context.Context) (p *pipeline.Pipeline, closeAll func(), err error) {
	c, stop, err := g.configure(ctx)
	if err != nil {
		return nil, nil, err
	}
	if p, err = g.open(ctx, c, nil, false); err != nil {
		stop()
		return nil, nil, err
	}
	return p, func() { p.Close(); stop() }, nil
}

// unreachable adds to an error of connecting where the database was looked for.
func (g *globals) unreachable(c config.Config, err error) error {
	var parse *pgconn.ParseConfigError
	var connect *pgconn.ConnectError
	var password *pg.PasswordError
	switch {
	case errors.As(err, &password):
		return misconfigured(err)
	case errors.As(err, &parse):
		return misconfigured(errors.New("the database URL cannot be read: want such as postgres://user:password@host:5432/database, with % and two digits for what is special in a URL")) // which may be in it
	case !errors.As(err, &connect):
		return err
	case c.DatabaseURL == "" && !g.hasLibpqVariables():
		return misconfigured(fmt.Errorf("no database is configured: give --database-url or DATABASE_URL, or let --embedded DIR run a private Postgres (tried the usual local one: %w)", err))
	}
	return fmt.Errorf("%w: check the URL, the password, and that the server takes connections from here", err)
}

// hasLibpqVariables reports whether libpq's variables name a server.
func (g *globals) hasLibpqVariables() bool {
	for _, name := range []string{"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"} {
		if g.lookup(name) != "" {
			return true
		}
	}
	return false
}

// migrate brings the tables of the configured database up to this program's version
// and returns the names of the migrations it ran.
func (g *globals) migrate(ctx context.Context, c config.Config) (ran []string, err error) {
	pool, err := g.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	err = pipeline.Migrate(ctx, pool, pipeline.Names(c), func(name string) {
		ran = append(ran, name)
		g.log.InfoContext(ctx, "migration", "name", name)
	})
	return ran, err
}
