package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/bench"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// errNotIdentical ends a bench whose ways do not give the same rows.
var errNotIdentical = errors.New("the ways do not give the same rows: see above; this is a defect, please report it")

const benchLong = `Measures the pipeline on this machine: makes up events, takes them in, adds one day and
takes in that, computes the same tables by plain SQL (sql/reference), makes everything
anew, and sees that all three give the same rows. Beside every time stands that of the
plain SQL, or of the least there is to do, on the same private Postgres.

It says what disk it needs, and refuses when that is not there. Exits with 1 when rows
differ; a target that is missed is no failure. docs/performance.md explains each line.`

// newBenchCmd makes "attribution bench".
func newBenchCmd(g *globals) *cobra.Command {
	o := &bench.Options{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure it against plain SQL, on this machine",
		Long:  benchLong,
		Example: `  attribution bench --events 1000000
  attribution bench --events 100000000 --straight
  attribution bench --events 300000 --dir bench --skip-reference --profile profiles`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.bench(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.Int64Var(&o.Events, "events", 1_000_000, "about how many events, 1,000 to 100 million")
	f.IntVar(&o.Days, "days", bench.DefaultDays, "how many days of them; the last one is the night's")
	f.BoolVar(&o.Straight, "straight", false, "write the events where stage 1 would put them, for less disk; stage 1 and load are not measured")
	f.BoolVar(&o.SkipReference, "skip-reference", false, "leave out the plain SQL, and with it the comparison")
	f.StringVar(&o.Dir, "dir", "", "where the private Postgres lives: kept, and the events used again (default: a temporary one)")
	f.StringVar(&o.Profile, "profile", "", "write CPU profiles of our runs into this `dir`")
	return cmd
}

func (g *globals) bench(ctx context.Context, o *bench.Options) error {
	if err := g.benchOptions(o); err != nil {
		return err
	}
	report, err := bench.Run(ctx, *o)
	var disk *bench.DiskError
	var dir *bench.DirError
	if errors.As(err, &disk) || errors.As(err, &dir) {
		return misconfigured(err)
	}
	if err != nil {
		return err
	}
	if g.json() {
		err = g.printJSON(report)
	} else {
		g.printBench(report)
	}
	if err == nil && report.Identical != nil && !*report.Identical {
		err = errNotIdentical
	}
	return err
}

// benchOptions checks the flags and fills in the rest.
func (g *globals) benchOptions(o *bench.Options) error {
	if g.databaseURL != "" || g.embedded != "" || g.configFile != "" {
		return usagef("bench has a database and settings of its own: leave out --database-url, --embedded and --config")
	}
	if o.Events < simulate.MinEvents || o.Events > simulate.MaxEvents {
		return usagef("--events %d: want %s to %s", o.Events, count(int64(simulate.MinEvents)), count(int64(simulate.MaxEvents)))
	}
	if o.Days < 2 || o.Days > simulate.MaxDays {
		return usagef("--days %d: want 2 to %s, the last of them the night's", o.Days, count(simulate.MaxDays))
	}
	c := config.New()
	g.limitMemory(int64(c.MemoryLimit))
	c.Sources = simulate.DefaultSources()
	var err error
	if o.Settings, err = pipeline.Settings(c); err != nil {
		return err
	}
	if o.Profile != "" {
		if err := os.MkdirAll(o.Profile, 0o755); err != nil {
			return usagef("--profile: %w", err)
		}
	}
	if o.Program, err = os.Executable(); err != nil {
		return err
	}
	for _, v := range g.environ {
		if name, _, _ := strings.Cut(v, "="); name == "PATH" || name == "HOME" || name == "TMPDIR" {
			o.Environ = append(o.Environ, v)
		}
	}
	o.Names, o.Stderr, o.Now, o.Say, o.Progress = pipeline.Names(c), g.err, g.now, g.say, g.progress
	return nil
}

// printBench prints the report as tables.
func (g *globals) printBench(r *bench.Report) {
	g.printBenchHead(r)
	g.printMeasures(r)
	g.printPhases(r)
	g.title("On disk at the end (at the fullest it was %s, %s expected)", size(r.DiskPeak), size(r.DiskNeeded))
	var rows [][]string
	for _, s := range r.Sizes {
		rows = append(rows, []string{s.Schema, size(s.Bytes)})
	}
	g.printTable([]column{{}, {right: true}}, rows)
	g.printIdentical(r)
	fmt.Fprintf(g.out, "All of it took %s.\n", took(duration(r.Seconds)))
}

// printBenchHead prints what was measured, and on what.
func (g *globals) printBenchHead(r *bench.Report) {
	m := r.Machine
	rows := r.Events
	for _, p := range r.Phases {
		if p.Name == bench.PhaseFull {
			rows = p.Rows
		}
	}
	fmt.Fprintf(g.out, "%s of %s, on %s of %s with %s, %s, PostgreSQL %s, %s.\n", plural(rows, "event"), plural(r.Days, "day"),
		plural(m.Cores, "core"), or(&m.CPU), size(m.Memory), m.System, m.Postgres, m.Go)
	var settings []string
	for _, name := range []string{"shared_buffers", "work_mem", "maintenance_work_mem", "max_wal_size", "max_parallel_workers_per_gather"} {
		settings = append(settings, name+" "+r.Settings[name])
	}
	text := "Postgres: " + strings.Join(settings, ", ") + ", durable"
	if r.Reference != nil {
		text += "; the reference besides: work_mem " + r.Reference["work_mem"]
	}
	fmt.Fprintln(g.out, wrap(text+".", "", ""))
}

// printMeasures prints the promises.
func (g *globals) printMeasures(r *bench.Report) {
	g.title("Measured")
	var rows [][]string
	for _, m := range r.Measures {
		row := []string{m.Name, amount(m.Ours, m.Unit), "-", m.Against, "-", "-", "-"}
		if m.Baseline != nil {
			row[2] = amount(*m.Baseline, m.Unit)
		}
		if m.Ratio != nil {
			row[4] = fmt.Sprintf("%.2fx", *m.Ratio)
			if *m.Ratio >= 20 {
				row[4] = fmt.Sprintf("%.0fx", *m.Ratio)
			}
		}
		if m.Target != nil {
			sign, unit := "≥ ", fmt.Sprintf("%gx", *m.Target)
			if m.Limit {
				sign = "≤ "
			}
			if m.Unit != bench.Seconds {
				unit = amount(*m.Target, m.Unit)
			}
			row[5] = sign + unit
		}
		if m.Met != nil {
			row[6] = map[bool]string{true: "yes", false: "NO"}[*m.Met]
		}
		rows = append(rows, row)
	}
	g.printTable([]column{
		{title: "what"},
		{title: "ours", right: true},
		{title: "baseline", right: true},
		{title: "of"},
		{title: "ratio", right: true},
		{title: "target"},
		{title: "met"},
	}, rows)
}

// printPhases prints where the time went.
func (g *globals) printPhases(r *bench.Report) {
	g.title("In order")
	var rows [][]string
	for _, p := range r.Phases {
		row := []string{p.Name, took(duration(p.Seconds)), "", count(p.Rows), count(int64(p.RowsPerSecond)), "", size(p.WALBytes), size(p.TempBytes)}
		if p.CPUSeconds > 0 {
			row[2], row[5] = took(duration(p.CPUSeconds)), size(p.PeakMemory)
		}
		rows = append(rows, row)
		for _, s := range p.Stages {
			rows = append(rows, []string{fmt.Sprintf("  %d %s", s.Number, s.Name), took(duration(s.Seconds)), "", count(s.RowsIn), "", "", "", ""})
		}
	}
	g.printTable([]column{
		{title: "phase"},
		{title: "time", right: true},
		{title: "our CPU", right: true},
		{title: "rows", right: true},
		{title: "rows/s", right: true},
		{title: "memory", right: true},
		{title: "WAL", right: true},
		{title: "spilled", right: true},
	}, rows)
}

// printIdentical says whether all ways give the same rows.
func (g *globals) printIdentical(r *bench.Report) {
	switch {
	case r.Identical == nil:
		g.title("The reference was left out: nothing was compared.")
	case *r.Identical:
		g.title("Reference, nightly and full give the same rows, all of them compared.")
	default:
		g.title("Rows DIFFER from the reference's:")
		for _, c := range r.Comparisons {
			if !c.Identical {
				fmt.Fprintln(g.out, wrap(c.Way+": "+c.Table+": "+c.Detail, "  - ", "    "))
			}
		}
	}
}

// amount writes a number in its unit.
func amount(value float64, unit string) string {
	switch unit {
	case bench.Seconds:
		return took(duration(value))
	case bench.Bytes:
		return size(int64(value))
	case bench.Allocations:
		return fmt.Sprintf("%.3g allocs/event", value)
	}
	return count(int64(value)) + "/s"
}
