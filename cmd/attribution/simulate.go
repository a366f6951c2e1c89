package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	simulate.Options
	from           string
	fromDay, toDay int
	out            string
	gzip           bool
	truth          bool
}

const simulateLong = `Makes up realistic Segment traffic, the same for the same flags: people with several
devices, anonymous history long before signup, campaign links and click ids, late and
duplicate rows, wrong clocks, bots. It goes straight into Segment-shaped tables, or
under --out into files of raw JSON, which "attribution load" reads.

The truth, who is who and where they first came from, goes into the schema
simulated_truth, or the file truth.jsonl.`

// newSimulateCmd makes "attribution simulate".
func newSimulateCmd(g *globals) *cobra.Command {
	o := &simulateOptions{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Make up realistic Segment traffic, with the truth beside it",
		Long:  simulateLong,
		Example: `  attribution simulate --events 1000000 --days 730
  attribution simulate --schemas shop --seed 7
  attribution simulate --out events --gzip`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.simulate(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.Int64Var(&o.Events, "events", simulate.DefaultEvents, "about how many events, 1,000 to 100 million")
	f.Uint64Var(&o.Seed, "seed", 0, "which world; the same flags give the same rows")
	f.IntVar(&o.Days, "days", simulate.DefaultDays, "how many days it lasts")
	f.StringVar(&o.from, "from", simulate.DefaultFrom().Format("2006-01-02"), "its first `day`")
	f.StringSliceVar(&o.Sources, "schemas", simulate.DefaultSources(), "the schemas to write to, one a source; the second is the app")
	f.IntVar(&o.fromDay, "from-day", 0, "write only from this `number` of day on, counted from 0: what an earlier call left out")
	f.IntVar(&o.toDay, "to-day", 0, "write only the days before this `number`, counted from 0 (default: all)")
	f.StringVar(&o.out, "out", "", "write files under this `dir` instead of tables")
	f.BoolVar(&o.gzip, "gzip", false, "compress the files of --out")
	f.BoolVar(&o.truth, "truth", true, "write the truth too")
	return cmd
}

func (g *globals) simulate(ctx context.Context, o *simulateOptions) error {
	var err error
	if o.From, err = parseTime("from", o.from); err != nil {
		return err
	}
	if o.Events == 0 || o.Days == 0 {
		return usagef("--events and --days must be above 0")
	}
	world, err := simulate.New(o.Options)
	if err != nil {
		return usagef("%w", err)
	}
	if o.toDay == 0 {
		o.toDay = o.Days
	}
	if o.fromDay < 0 || o.fromDay >= o.toDay || o.toDay > o.Days {
		return usagef("--from-day %d --to-day %d: want days of a world of %d, from the first before to", o.fromDay, o.toDay, o.Days)
	}
	if o.gzip && o.out == "" {
		return usagef("--gzip compresses files: give --out DIR too")
	}
	if o.out != "" {
		return g.simulateFiles(ctx, world, o)
	}
	return g.simulateTables(ctx, world, o)
}

// days shows how many of the world's days are written; counted is what the callback
// of a writer was told last.
func (g *globals) days(o *simulateOptions) (progress func(int64), done func(), counted *int64) {
	counted = new(int64)
	bar := g.progress("simulating", "days", int64(o.toDay-o.fromDay))
	return func(n int64) { *counted = n; bar.Add(1) }, bar.Done, counted
}

// simulateFiles writes a world into files.
func (g *globals) simulateFiles(ctx context.Context, w *simulate.World, o *simulateOptions) error {
	started := g.now()
	var options []simulate.FileOption
	if o.gzip {
		options = append(options, simulate.Gzip())
	}
	progress, done, messages := g.days(o)
	err := w.WriteFiles(ctx, o.out, o.fromDay, o.toDay, progress, options...)
	done()
	if err == nil && o.truth {
		err = w.WriteTruthFile(ctx, o.out)
	}
	if err != nil {
		return err
	}
	if g.json() {
		return g.printJSON(map[string]any{"dir": o.out, "messages": *messages, "days": o.toDay - o.fromDay})
	}
	fmt.Fprintf(g.out, "%s of %s in %s, one file a source and day, in %s.\n",
		plural(*messages, "message"), plural(o.toDay-o.fromDay, "day"), o.out, took(g.now().Sub(started)))
	fmt.Fprintln(g.out, "Next, for each source:")
	for _, s := range w.Options().Sources {
		fmt.Fprintf(g.out, "  %s --schema %s %s\n", g.command("load"), s, filepath.Join(o.out, s))
	}
	return nil
}

// simulateTables writes a world into tables.
func (g *globals) simulateTables(ctx context.Context, w *simulate.World, o *simulateOptions) error {
	started := g.now()
	c, stop, err := g.configure(ctx)
	if err != nil {
		return err
	}
	defer stop()
	pool, err := g.connect(ctx, c)
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if o.fromDay == 0 {
		if err := refuseFilled(ctx, conn.Conn(), o.Sources); err != nil {
			return err
		}
	}
	rows, err := g.writeWorld(ctx, w, conn.Conn(), o)
	if err != nil {
		return err
	}
	sources := w.Options().Sources
	if g.json() {
		return g.printJSON(map[string]any{"schemas": sources, "rows": rows, "days": o.toDay - o.fromDay})
	}
	fmt.Fprintf(g.out, "%s of %s in %s, in %s.\n", plural(rows, "row"), plural(o.toDay-o.fromDay, "day"),
		strings.Join(sources, " and "), took(g.now().Sub(started)))
	if len(sources) > 1 {
		fmt.Fprintf(g.out, "Next: ATTRIBUTION_SOURCES=%s %s\n", strings.Join(sources, ","), g.command("run"))
	} else {
		fmt.Fprintln(g.out, "Next: "+g.command("run"))
	}
	return nil
}

// writeWorld writes the days asked for, and the truth, and returns the rows written.
func (g *globals) writeWorld(ctx context.Context, w *simulate.World, conn *pgx.Conn, o *simulateOptions) (int64, error) {
	progress, done, rows := g.days(o)
	err := w.WriteTables(ctx, conn, o.fromDay, o.toDay, progress)
	done()
	if err == nil && o.truth {
		err = w.WriteTruthTables(ctx, conn, simulate.DefaultTruthSchema)
	}
	return *rows, err
}

// refuseFilled refuses to write over what is in the schemas.
func refuseFilled(ctx context.Context, conn *pgx.Conn, schemas []string) error {
	for _, s := range schemas {
		var filled bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.to_regnamespace($1))", pg.MustIdent(s).String()).Scan(&filled)
		if err != nil {
			return err
		}
		if filled {
			return misconfigured(fmt.Errorf("schema %s is not empty, and simulate writes over nothing: choose others with --schemas, or DROP SCHEMA it", s))
		}
	}
	return nil
}
