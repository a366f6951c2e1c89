package main

import (
	"context"
	"errors"
	"strings"
	"time"
	_ "time/tzdata" // the image has none

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pipeline"
)

// scheduleOptions are the flags of schedule.
type scheduleOptions struct{ cron, tz string }

const scheduleLong = `Stays, and runs all stages whenever the cron expression says. One run at a time: what
falls due during a run is left out, since every run takes up all that was loaded
since the last. A run that fails is logged and paged for, and the next one is made all the same.

The expression has five fields (minute hour day-of-month month day-of-week), or is
@daily, @hourly, "@every 6h". Times are those of --tz: a time that a change of clocks leaves out
is left out, one that it repeats may come twice, which does no harm.

SIGTERM ends it: between runs with 0, during a run with 4, as of run.`

const scheduleExample = `  attribution schedule --cron "0 6 * * *" --tz Europe/Berlin`

// newScheduleCmd makes "attribution schedule".
func newScheduleCmd(g *globals) *cobra.Command {
	o := &scheduleOptions{}
	cmd := &cobra.Command{
		Use:     "schedule",
		Short:   "Stay, and run at the times of a cron expression",
		Long:    scheduleLong,
		Example: scheduleExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return g.schedule(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.cron, "cron", "", "when to run, such as \"0 6 * * *\"")
	cmd.Flags().StringVar(&o.tz, "tz", "UTC", "the `zone` of those times, such as Europe/Berlin")
	return cmd
}

// times are the times of the flags.
func (o *scheduleOptions) times() (cron.Schedule, *time.Location, error) {
	if o.cron == "" {
		return nil, nil, usagef("--cron is missing: such as --cron \"0 6 * * *\" for six in the morning")
	}
	zone, err := time.LoadLocation(o.tz)
	if err != nil || o.tz == "" {
		return nil, nil, usagef("--tz %q: want the name of a time zone such as UTC or Europe/Berlin", o.tz)
	}
	if strings.Contains(o.cron, "TZ=") {
		return nil, nil, usagef("--cron %q: give the time zone as --tz", o.cron)
	}
	times, err := cron.ParseStandard(o.cron)
	if err != nil {
		return nil, nil, usagef("--cron %q: %w: want minute, hour, day of month, month, day of week, such as \"0 6 * * *\"", o.cron, err)
	}
	if times.Next(time.Now().In(zone)).IsZero() {
		return nil, nil, usagef("--cron %q never comes", o.cron)
	}
	return times, zone, nil
}

func (g *globals) schedule(ctx context.Context, o *scheduleOptions) error {
	times, zone, err := o.times()
	if err != nil {
		return err
	}
	if _, err := g.settings(); err != nil {
		return err // now, rather than at six in the morning
	}
	for {
		next := times.Next(g.now().In(zone))
		g.log.InfoContext(ctx, "waiting for the next run", "at", next.Format(time.RFC3339))
		if !g.sleep(ctx, next) {
			g.log.InfoContext(ctx, "no longer waiting: asked to stop")
			return nil
		}
		log := g.log
		err := g.night(ctx, g.command("run"), func(context.Context, *pipeline.Pipeline) (pipeline.Request, error) { return pipeline.Request{}, nil })
		switch {
		case ctx.Err() != nil:
			return errors.Join(err, ctx.Err())
		case errors.Is(err, pipeline.ErrLocked):
			g.log.InfoContext(ctx, "left out: another run is at work")
		case err != nil:
			g.log.ErrorContext(ctx, "the run failed", "error", err)
		}
		g.log = log // without what was said of this run
	}
}

// sleep waits until the time has come by the clock on the wall, which may be set meanwhile,
// and reports false when ctx ended first.
func (g *globals) sleep(ctx context.Context, until time.Time) bool {
	const look = time.Minute
	for {
		left := until.Sub(g.now().Round(0))
		if left <= 0 {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(left, look)):
		}
	}
}
