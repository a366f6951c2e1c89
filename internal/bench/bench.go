// Package bench measures the pipeline against plain SQL and against floors that no
// program can beat, on one private Postgres, and proves on the way that all ways give
// the same rows.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/simulate"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/sql"
)

// DefaultConnections is how many connections the floor of stage 2 reads over.
const DefaultConnections = 2

// Seed chooses the simulated world; every bench of one size has the same.
const Seed = 1

// DefaultDays is a year of history and a day. The last day is the night measured.
const DefaultDays = 366

// Options say what to measure. Fields without a default must be set.
type Options struct {
	Events int64 // about how many
	Days   int   // at least 2

	// Straight writes the events into app_tracks and app_identities as stage 1 would
	// have, so that no source tables take disk. Stage 1 and load are not measured.
	Straight bool
	// SkipReference leaves out the reference, and with it the comparison.
	SkipReference bool
	// Connections is how many the floor of stage 2 reads over: as many as stage 2
	// itself. Default DefaultConnections.
	Connections int
	// Dir is where the server lives. It is kept, with the events, and a later bench of
	// the same options starts from them. Default: a temporary one, removed.
	Dir string
	// Profile is a folder for the CPU profiles of our runs. Default: none are taken.
	Profile string

	Program  string          // our own binary: runs are processes of their own
	Environ  []string        // what they get of the environment
	Stderr   io.Writer       // where they log
	Settings stages.Settings // the defaults, with the sources of the world
	Names    pg.Names
	Now      func() time.Time
	Say      func(format string, args ...any)
	Progress func(label, unit string, total int64) *progress.Progress
}

// The databases of a bench. In base are the events as simulated, without our doing; it
// is made only where Dir is kept.
const (
	workDatabase = "attribution" // what --embedded DIR looks at
	baseDatabase = "bench_base"
)

// The scratch schemas.
const (
	referenceSchema = "bench_reference"
	bareSchema      = "bench_bare"
)

// A bench is one under way.
type bench struct {
	Options
	world  *simulate.World
	day    int // the day the night takes in: the last that is not empty
	server *embedded.Server
	pool   *pgxpool.Pool
	db     *pg.DB
	report *Report
	disk   *diskGauge
	kept   bool // Dir is
}

// nightHour is when runs begin: the day before is loaded by then.
const nightHour = 4 * time.Hour

// Run runs everything and returns what was measured. Errors: *DiskError before anything
// is written; *DirError for a folder that holds something else. That rows differ is no
// error: see Report.Identical.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	if o.Connections == 0 {
		o.Connections = DefaultConnections
	}
	b := &bench{Options: o, report: &Report{
		Events: o.Events, Days: o.Days, Seed: Seed, Straight: o.Straight, Connections: o.Connections, Machine: machine(),
	}}
	if b.world, err = simulate.New(simulate.Options{Events: o.Events, Days: o.Days, Seed: Seed, Sources: o.Settings.Sources}); err != nil {
		return nil, err
	}
	for b.day = o.Days - 1; b.day > 0 && b.world.IsEmptyDay(b.day); b.day-- {
	}
	began := b.Now()
	stop, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if stopErr := stop(); err == nil {
			err = stopErr
		}
	}()
	for _, step := range b.steps() {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	b.report.DiskPeak = b.disk.peak()
	b.report.Seconds = b.Now().Sub(began).Seconds()
	b.report.measure(b.Settings.MemoryLimit)
	return b.report, nil
}

// steps are all there is to do, in order. The full rebuild comes after the night, and is
// measured over the very events the reference was; the floors read them right before it,
// so that all find the same caches. What needs memory in this process comes last: on
// Linux a new process begins with its parent's peak.
func (b *bench) steps() []func(context.Context) error {
	var steps []func(context.Context) error
	if !b.Straight {
		steps = append(steps, b.load)
	}
	steps = append(steps, b.prepare, b.firstRun, b.night)
	if !b.Straight { // not before the night, whose caches it would empty
		steps = append(steps, b.bareStageOne)
	}
	steps = append(steps, b.settle)
	if !b.SkipReference {
		steps = append(steps, b.reference, b.compare("nightly"))
	}
	steps = append(steps, b.floors, b.full)
	if !b.SkipReference {
		steps = append(steps, b.compare("full"))
	}
	return append(steps, b.sizes, b.pure)
}

// start checks the disk and starts the server.
func (b *bench) start(ctx context.Context) (stop func() error, err error) {
	b.kept = b.Dir != ""
	if !b.kept {
		if b.Dir, err = os.MkdirTemp("", "attribution-bench-"); err == nil {
			err = os.Chmod(b.Dir, 0o711) // the server's account must pass
		}
	} else {
		err = claimDir(b.Dir)
	}
	if err != nil {
		return nil, err
	}
	remove := func() {
		if !b.kept {
			_ = os.RemoveAll(b.Dir) // in a temporary folder
		}
	}
	b.report.DiskNeeded = DiskNeeded(b.Events, b.Straight, b.kept, b.SkipReference)
	free, err := freeDisk(b.Dir)
	if err == nil {
		b.Say("%s of disk needed, about, and %s free in %s", gigabytes(b.report.DiskNeeded), gigabytes(free), b.Dir)
		err = checkDisk(b.Dir, b.report.DiskNeeded, free)
	}
	if err != nil {
		remove()
		return nil, err
	}
	b.report.Settings = serverSettings(b.report.Machine.Memory)
	b.server, err = embedded.Start(ctx, embedded.Options{
		Dir: filepath.Join(b.Dir, "server"), Temporary: !b.kept, Settings: b.report.Settings, Log: b.Say,
	})
	if err != nil {
		remove()
		return nil, err
	}
	dirs := []string{b.Dir}
	if data := b.server.DataDirectory(); !strings.HasPrefix(data, b.Dir) {
		dirs = append(dirs, data) // the server's account cannot reach Dir
	}
	b.disk = gaugeDisk(dirs...)
	return func() error {
		b.disk.stop()
		if b.pool != nil {
			b.pool.Close()
		}
		err := b.server.Stop()
		remove()
		return err
	}, nil
}

// phase measures one piece of work.
func (b *bench) phase(ctx context.Context, name string, do func(p *Phase) error) error {
	b.Say("%s", name)
	p := &Phase{Name: name}
	var before, after gauge
	if err := b.gauge(ctx, &before); err != nil {
		return err
	}
	began := b.Now()
	if err := do(p); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if p.Seconds == 0 {
		p.Seconds = b.Now().Sub(began).Seconds()
	}
	b.disk.look()
	if err := b.gauge(ctx, &after); err != nil {
		return err
	}
	p.WALBytes, p.TempBytes = after.wal-before.wal, after.temp-before.temp
	if p.Seconds > 0 {
		p.RowsPerSecond = float64(p.Rows) / p.Seconds
	}
	b.report.Phases = append(b.report.Phases, p)
	return nil
}

// A gauge is what the server has written so far, in bytes.
type gauge struct{ wal, temp int64 }

// gauge reads it, once there is a database; and lets the server write out what was
// left to it, so that no phase pays for the one before.
func (b *bench) gauge(ctx context.Context, g *gauge) error {
	if b.pool == nil {
		return nil
	}
	if _, err := b.pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	return b.pool.QueryRow(ctx, `
		SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
			(SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database())`).Scan(&g.wal, &g.temp)
}

// firstRun takes in all days but the last.
func (b *bench) firstRun(ctx context.Context) error {
	return b.phase(ctx, phaseFirst, func(p *Phase) error {
		if err := b.run(ctx, p, b.day, b.fromStage()...); err != nil {
			return err
		}
		p.Rows = p.stageRows(1)
		if !b.Straight {
			return nil
		}
		var err error
		p.Rows, err = b.takenIn(ctx)
		return err
	})
}

// fromStage are the flags that leave out stage 1 where there is nothing for it.
func (b *bench) fromStage() []string {
	if b.Straight {
		return []string{"--from-stage", "sessionize"}
	}
	return nil
}

// night adds the last day and takes it in.
func (b *bench) night(ctx context.Context) error {
	var rows int64
	err := b.phase(ctx, "one more day", func(p *Phase) (err error) {
		p.Rows, err = b.write(ctx, b.day, b.day+1)
		rows = p.Rows
		return err
	})
	if err != nil {
		return err
	}
	return b.phase(ctx, phaseNight, func(p *Phase) error {
		p.Rows = rows
		return b.run(ctx, p, b.day+1, b.fromStage()...)
	})
}

// full makes everything anew from the events taken in.
func (b *bench) full(ctx context.Context) error {
	return b.phase(ctx, PhaseFull, func(p *Phase) (err error) {
		if err = b.run(ctx, p, 0, "--full", "--from-stage", "sessionize"); err == nil {
			p.Rows, err = b.takenIn(ctx)
		}
		return err
	})
}

// settle vacuums and analyses what was taken in, as autovacuum will sooner or later: for
// the reference and the full rebuild alike.
func (b *bench) settle(ctx context.Context) error {
	return b.phase(ctx, "vacuum", func(p *Phase) (err error) {
		if _, err = b.pool.Exec(ctx, "VACUUM (ANALYZE) "+b.tracks().Ident().String()+", "+b.identities().Ident().String()); err == nil {
			p.Rows, err = b.takenIn(ctx)
		}
		return err
	})
}

func (b *bench) tracks() pg.Table { return pg.Table{Schema: b.Names.Segment, Name: "app_tracks"} }
func (b *bench) identities() pg.Table {
	return pg.Table{Schema: b.Names.Segment, Name: "app_identities"}
}

// takenIn is the number of events taken in.
func (b *bench) takenIn(ctx context.Context) (rows int64, err error) {
	err = b.pool.QueryRow(ctx, "SELECT coalesce(sum(taken_in), 0)::bigint FROM "+pg.MustIdent(b.Names.Ops, "counters").String()).Scan(&rows)
	return rows, err
}

// months are the months with events.
func (b *bench) months(ctx context.Context) (months []month.Month, err error) {
	names, err := b.partitions(ctx, b.tracks())
	for _, name := range names {
		if m, err := month.Parse(name[len("app_tracks_"):]); err == nil {
			months = append(months, m)
		}
	}
	return months, err
}

// compare sees whether what was published by a way is what the reference made.
func (b *bench) compare(way string) func(context.Context) error {
	return func(ctx context.Context) error {
		b.Say("comparing %s with the reference, row by row", way)
		checks, err := check.Compare(ctx, b.db, referenceSchema)
		if err != nil {
			return err
		}
		identical := b.report.Identical == nil || *b.report.Identical
		for _, c := range checks {
			b.report.Comparisons = append(b.report.Comparisons, Comparison{Way: way, Table: c.Name, Identical: c.OK, Detail: c.Detail})
			identical = identical && c.OK
		}
		b.report.Identical = &identical
		return nil
	}
}

// connect opens the pool of a database and brings our tables into it.
func (b *bench) connect(ctx context.Context, database string) error {
	templates, err := pg.ParseTemplates(sql.FS, b.Names)
	if err != nil {
		return err
	}
	if b.pool, err = pg.Connect(ctx, b.server.URL(database)); err != nil {
		return err
	}
	b.db = &pg.DB{Pool: b.pool, Names: b.Names, Templates: templates}
	return pipeline.Migrate(ctx, b.pool, b.Names, func(string) {})
}
