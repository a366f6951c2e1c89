package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/migrations"
)

// Migrate brings the schema up to the version this program needs; step is told of
// each migration before it runs. It is safe to run at any time and by several at
// once.
func Migrate(ctx context.Context, pool *pgxpool.Pool, n pg.Names, step func(name string)) error {
	m, release, err := migrator(ctx, pool, n)
	if err != nil {
		return err
	}
	defer release()
	m.OnStart = func(_ int32, name, _, _ string) {
		if step != nil {
			step(name)
		}
	}
	if err := m.Migrate(ctx); err != nil {
		var failed migrate.MigrationPgError
		if errors.As(err, &failed) {
			return fmt.Errorf("migration %s: %w", failed.MigrationName, failed.PgError)
		}
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// ErrTables says that the tables are missing or of another version than this
// program's. It is of usage, too.
var ErrTables = errors.New("tables of another version")

func otherTables(err error) error { return fmt.Errorf("%w%w", silent{ErrTables}, usage(err)) }

// checkSchema fails, with the remedy, unless the schema is of this program's version.
func checkSchema(ctx context.Context, pool *pgxpool.Pool, n pg.Names) error {
	table, err := pg.Ident(n.Ops, "schema_version")
	if err != nil {
		return usage(err)
	}
	names, err := migrations.FS.ReadDir(".")
	if err != nil {
		return err
	}
	want := int32(0)
	for _, e := range names {
		if len(e.Name()) > 4 && e.Name()[len(e.Name())-4:] == ".sql" {
			want++
		}
	}
	var exists bool
	if err := pool.QueryRow(ctx, "SELECT pg_catalog.to_regclass($1) IS NOT NULL", table.String()).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		return otherTables(errors.New("the database has none of our tables yet: run \"attribution migrate\""))
	}
	have := int32(0)
	if err := pool.QueryRow(ctx, "SELECT version FROM "+table.String()).Scan(&have); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	switch {
	case have < want:
		return otherTables(fmt.Errorf("the tables are of version %d, this program needs %d: run \"attribution migrate\"", have, want))
	case have > want:
		return otherTables(fmt.Errorf("the tables are of version %d, newer than this program's %d: use the newer program", have, want))
	}
	return nil
}

func migrator(ctx context.Context, pool *pgxpool.Pool, n pg.Names) (*migrate.Migrator, func(), error) {
	quoted := map[string]any{}
	for key, name := range map[string]string{"segment": n.Segment, "stages": n.Stages, "sessions": n.Sessions, "aliases": n.Aliases, "ops": n.Ops} {
		i, err := pg.Ident(name)
		if err != nil {
			return nil, nil, usage(fmt.Errorf("schemas.%s: %w", key, err))
		}
		quoted[key] = i.String()
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	// CREATE SCHEMA IF NOT EXISTS fails when two do it at once, and comes before tern's
	// own lock; ours ends with the session.
	if _, err := conn.Exec(ctx, "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended($1, 0))", "attribution migrate "+n.Ops); err != nil {
		conn.Release()
		return nil, nil, err
	}
	if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+quoted["ops"].(string)); err != nil {
		conn.Release()
		return nil, nil, err
	}
	m, err := migrate.NewMigrator(ctx, conn.Conn(), pg.MustIdent(n.Ops, "schema_version").String())
	if err == nil {
		m.Data = quoted
		err = m.LoadMigrations(migrations.FS)
	}
	if err != nil {
		conn.Release()
		return nil, nil, fmt.Errorf("migrations: %w", err)
	}
	return m, func() {
		// tern resets every setting after a script; the next user wants ours back.
		conn.Conn().Close(context.WithoutCancel(ctx))
		conn.Release()
	}, nil
}
