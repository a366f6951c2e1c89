package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// demoDays is a year and a day: the year is taken in by the first night, the day by
// the second.
const demoDays = 366

// nightHour is when the demo's nightly runs begin: the day before is loaded by then.
const nightHour = 4 * time.Hour

// demoOptions are the flags of demo.
type demoOptions struct {
	events int64
	keep   bool
	dir    string
}

const demoLong = `Shows the whole thing work: starts a private Postgres, makes up a year of Segment
events, runs the eight stages for the first time, adds one day, runs them again, and
shows the result beside the truth of the made-up world. Everything is removed at the
end, unless --keep is given. Your own database and settings are not looked at.`

// newDemoCmd makes "attribution demo".
func newDemoCmd(g *globals) *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole thing work, on made-up events",
		Long:  demoLong,
		Example: `  attribution demo
  attribution demo --keep --dir demo     # then: attribution status --embedded demo`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.demo(cmd.Context(), o) },
	}
	cmd.Flags().Int64Var(&o.events, "events", 50_000, "about how many events to make up")
	cmd.Flags().BoolVar(&o.keep, "keep", false, "keep the private Postgres and its data")
	cmd.Flags().StringVar(&o.dir, "dir", "", "where it lives: an empty `dir`, or one to be made (default: a temporary one)")
	return cmd
}

// A demo is one under way.
type demo struct {
	*globals
	world  *simulate.World
	config config.Config
	day    int    // the day the second night takes in
	person string // one to explain
}

func (g *globals) demo(ctx context.Context, o *demoOptions) error {
	d, err := g.newDemo(o)
	if err != nil {
		return err
	}
	began := g.now()
	fmt.Fprintln(g.out, "A private Postgres, a year of made-up Segment events, two nights, and the result.")
	stop, err := d.start(ctx, o)
	if err != nil {
		return err
	}
	defer stop()
	steps := []func(context.Context) error{d.prepare, d.firstNight, d.secondNight, d.showResult}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.goOn(o)
	fmt.Fprintf(g.out, "\nAll of it took %s.\n", took(g.now().Sub(began)))
	return nil
}

// newDemo checks the flags and lays out the world.
func (g *globals) newDemo(o *demoOptions) (*demo, error) {
	if g.databaseURL != "" || g.embedded != "" || g.configFile != "" {
		return nil, usagef("demo has a database and settings of its own: leave out --database-url, --embedded and --config")
	}
	if g.json() {
		return nil, usagef("demo is for people: leave out --output, or take \"run --output json\"")
	}
	world, err := simulate.New(simulate.Options{Events: o.events, Days: demoDays})
	if err != nil {
		return nil, usagef("%w", err)
	}
	d := &demo{globals: g, world: world, config: config.New(), day: demoDays - 1}
	for world.IsEmptyDay(d.day) {
		d.day--
	}
	d.config.Sources = world.Options().Sources
	d.config.Retry.MaxElapsed = 0
	if o.dir == "" {
		return d, nil
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, usagef("--dir: %w", err)
	}
	if len(entries) > 0 {
		return nil, usagef("--dir %s is not empty: name another, or look at an earlier demo by attribution status --embedded %s", o.dir, o.dir)
	}
	return d, nil
}

// start starts the private Postgres.
func (d *demo) start(ctx context.Context, o *demoOptions) (stop func(), err error) {
	if o.keep && o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "attribution-demo-"); err != nil {
			return nil, err
		}
	}
	server, err := embedded.Start(ctx, embedded.Options{Dir: o.dir, Temporary: !o.keep, Fast: true, Log: d.say})
	if err != nil {
		return nil, err
	}
	stop = func() {
		if err := server.Stop(); err != nil {
			d.log.WarnContext(ctx, "stopping the private Postgres", "error", err)
		}
	}
	if d.config.DatabaseURL, err = ensureDatabase(ctx, server.URL("postgres"), embeddedDatabase); err == nil && o.keep {
		settings := "# The settings of the demo.\nsources: [" + strings.Join(d.config.Sources, ", ") + "]\n"
		err = os.WriteFile(filepath.Join(o.dir, embeddedSettings), []byte(settings), 0o644)
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// simulate writes the world's days [from, to) into tables.
func (d *demo) simulate(ctx context.Context, from, to int) (rows int64, err error) {
	pool, err := d.connect(ctx, d.config)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	return d.writeWorld(ctx, d.world, conn.Conn(), &simulateOptions{fromDay: from, toDay: to, truth: true})
}

// prepare makes our tables and a year of events.
func (d *demo) prepare(ctx context.Context) error {
	d.title("1. A year of events")
	if _, err := d.migrate(ctx, d.config); err != nil {
		return err
	}
	began := d.now()
	rows, err := d.simulate(ctx, 0, d.day)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "  %s of %s to %s in the Segment schemas %s, in %s\n", plural(rows, "row"), d.world.Day(0).Format(time.DateOnly),
		d.world.Day(d.day-1).Format(time.DateOnly), strings.Join(d.config.Sources, " and "), took(d.now().Sub(began)))
	return nil
}

// firstNight runs the stages over the whole year.
func (d *demo) firstNight(ctx context.Context) error {
	d.title("2. The first night takes in everything")
	return d.night(ctx, d.day)
}

// secondNight adds a day and runs the stages over what is new.
func (d *demo) secondNight(ctx context.Context) error {
	rows, err := d.simulate(ctx, d.day, d.day+1)
	if err != nil {
		return err
	}
	d.title("3. One more day, %s, brings %s; the second night takes in only what is new", d.world.Day(d.day).Format(time.DateOnly), plural(rows, "row"))
	return d.night(ctx, d.day+1)
}

// night runs the stages as of the small hours of a day.
func (d *demo) night(ctx context.Context, day int) error {
	p, err := d.open(ctx, d.config, nil, false)
	if err != nil {
		return err
	}
	defer p.Close()
	_, err = d.runAndPrint(ctx, p, pipeline.Request{AsOf: d.world.Day(day).Add(nightHour)})
	return err
}
