package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// loadEvents is how many events the raw files of the load hold at most, and loadDays the
// days, a file each in every source.
const (
	loadEvents = 300_000
	loadDays   = 30
)

// load measures the reading of raw JSON, over one connection, in a process with one core.
func (b *bench) load(ctx context.Context) error {
	if err := b.emptyDatabase(ctx, workDatabase, ""); err != nil {
		return err
	}
	dir := filepath.Join(b.Dir, "raw")
	defer os.RemoveAll(dir)
	world, err := simulate.New(simulate.Options{Events: min(b.Events, loadEvents), Days: loadDays, Seed: Seed, Sources: b.Settings.Sources})
	if err != nil {
		return err
	}
	if err := world.WriteFiles(ctx, dir, 0, loadDays, nil); err != nil {
		return err
	}
	return b.phase(ctx, phaseLoad, func(p *Phase) error {
		for _, source := range b.Settings.Sources {
			var loaded struct {
				Messages int64   `json:"messages"`
				Seconds  float64 `json:"seconds"`
			}
			if err := b.program(ctx, p, []string{"GOMAXPROCS=1"}, &loaded, "load", "--schema", source, filepath.Join(dir, source)); err != nil {
				return err
			}
			p.Rows += loaded.Messages
			p.Seconds += loaded.Seconds
		}
		return nil
	})
}

// prepare brings the events of all days but the last into the working database: from
// where an earlier bench left them, else simulated.
func (b *bench) prepare(ctx context.Context) error {
	if !b.kept {
		if err := b.emptyDatabase(ctx, workDatabase, ""); err != nil {
			return err
		}
		return b.simulate(ctx, workDatabase)
	}
	found, err := b.found(ctx)
	if err != nil {
		return err
	}
	if !found {
		if err := b.emptyDatabase(ctx, baseDatabase, ""); err != nil {
			return err
		}
		if err := b.simulate(ctx, baseDatabase); err != nil {
			return err
		}
		if _, err := b.pool.Exec(ctx, "CREATE TABLE public.bench_of AS SELECT $1::text AS options", b.identity()); err != nil {
			return err
		}
		b.pool.Close()
		b.pool = nil
	} else {
		b.Say("the events of an earlier bench are used again")
	}
	if err := b.emptyDatabase(ctx, workDatabase, baseDatabase); err != nil {
		return err
	}
	return b.connect(ctx, workDatabase)
}

// identity says which events a database holds.
func (b *bench) identity() string {
	return fmt.Sprintf("%d events, %d days, seed %d, straight %t", b.Events, b.Days, Seed, b.Straight)
}

// found reports whether an earlier bench left the events. Error: *DirError when it left
// others.
func (b *bench) found(ctx context.Context) (bool, error) {
	conn, err := pgx.Connect(ctx, b.server.URL(baseDatabase))
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "3D000" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	var held string
	err = conn.QueryRow(ctx, "SELECT options FROM public.bench_of").Scan(&held)
	if errors.As(err, &refused) && refused.Code == "42P01" {
		return false, nil // it was stopped while it simulated
	}
	if err == nil && held != b.identity() {
		err = &DirError{fmt.Sprintf("--dir %s holds %s, not %s: name another, or delete it", b.Dir, held, b.identity())}
	}
	return err == nil, err
}

// emptyDatabase makes a database anew, as a copy of the template unless that is "".
func (b *bench) emptyDatabase(ctx context.Context, name, template string) error {
	conn, err := pgx.Connect(ctx, b.server.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pg.MustIdent(name).String()+" WITH (FORCE)"); err != nil {
		return err
	}
	create := "CREATE DATABASE " + pg.MustIdent(name).String()
	if template != "" {
		create += " TEMPLATE " + pg.MustIdent(template).String()
		var version int
		if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::integer").Scan(&version); err != nil {
			return err
		}
		if version >= 150000 {
			create += " STRATEGY FILE_COPY" // the other one writes it all to the log
		}
	}
	_, err = conn.Exec(ctx, create)
	return err
}

// simulate writes all days but the last into a database.
func (b *bench) simulate(ctx context.Context, database string) error {
	if err := b.connect(ctx, database); err != nil {
		return err
	}
	err := b.phase(ctx, "simulate", func(p *Phase) (err error) {
		p.Rows, err = b.write(ctx, 0, b.day)
		return err
	})
	if err == nil { // lest whoever reads the rows first settles their visibility for those after
		_, err = b.pool.Exec(ctx, "VACUUM (ANALYZE)")
	}
	return err
}

// write writes days of the world, and returns the rows.
func (b *bench) write(ctx context.Context, fromDay, toDay int) (rows int64, err error) {
	bar := b.Progress("simulating", "days", int64(toDay-fromDay))
	defer bar.Done()
	if b.Straight {
		return b.writeStraight(ctx, fromDay, toDay, bar)
	}
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	err = b.world.WriteTables(ctx, conn.Conn(), fromDay, toDay, func(n int64) {
		rows = n
		bar.Add(1)
	})
	return rows, err
}
