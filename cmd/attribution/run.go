package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/logs"
	"github.com/attribution-dev/attribution/internal/notify"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// runOptions are the flags of run.
type runOptions struct {
	selection
	choices pipeline.Choices
}

const runLong = `Runs the eight stages, each taking up what waits for it. Running again is always
safe: a second run finds nothing to do. One that was stopped, by whatever, goes on
where it was.

Stages: %s.`

const runExample = `  attribution run                              # tonight's run
  attribution run --stage resessionize         # one stage, by name or number
  attribution run --from-stage 5 --full        # make all sessions anew, reading no events
  attribution run --person user:u_1234         # redo one person
  attribution run --month 2018-01              # redo a month
  attribution run --reconcile                  # remove what the sources have deleted`

// newRunCmd makes "attribution run".
func newRunCmd(g *globals) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:     "run",
		Short:   "Run the stages: take in what is new and publish the result",
		Long:    fmt.Sprintf(runLong, stageList()),
		Example: runExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Context(), o) },
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.choices.Reconcile, "reconcile", false, "remove what came of rows deleted at the sources since they were taken in")
	cmd.Flags().BoolVar(&o.choices.AllowShrink, "allow-shrink", false, "publish also what the gates would stop: a table that shrinks by over a fifth, or loses its newest full day; with --reconcile, a month of a source that lost over a fifth")
	cmd.Flags().BoolVar(&o.choices.Strict, "strict", false, "exit with 5 when the data gave warnings")
	return cmd
}

func (g *globals) run(ctx context.Context, o *runOptions) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	if o.choices.Reconcile && len(request.Stages) > 0 && request.Stages[0].Number != 1 {
		return usagef("--reconcile is for stage 1, which is not among the stages asked for")
	}
	request.Choices = o.choices
	return g.night(ctx, g.command("run")+o.text(), func(context.Context, *pipeline.Pipeline) (pipeline.Request, error) { return request, nil })
}

// night makes the run that ask asks for, and tells those the settings name, however it
// ends. rerun is the command to type when it does not even begin.
func (g *globals) night(ctx context.Context, rerun string, ask func(context.Context, *pipeline.Pipeline) (pipeline.Request, error)) error {
	started := g.now()
	c, stop, err := g.configure(ctx)
	defer stop()
	// Settings that are wrong are told of as well, to whom they name.
	notifier := notify.New(notify.Options{
		Env: c.Notify.Env, EnableDatadog: c.Notify.Datadog,
		RoutingKey: c.Notify.PagerDutyRoutingKey, EventsEndpoint: c.Notify.PagerDutyEndpoint, RunbookURL: c.Notify.RunbookURL,
		HeartbeatURL: c.Notify.HeartbeatURL, Log: g.log,
	})
	var report pipeline.Report
	if err == nil {
		report, err = g.runConfigured(ctx, c, notifier, ask)
	}
	if errors.Is(err, pipeline.ErrNothingToRetry) {
		g.log.InfoContext(ctx, err.Error()) //nolint:sloglint // a sentence for people
		return nil
	}
	told := report.Tell(err)
	if report.RunID != 0 {
		rerun = g.command("retry")
	}
	told.ExitCode, told.At, told.Elapsed, told.Rerun = exitCode(ctx, err), g.now(), g.now().Sub(started), rerun
	g.tell(ctx, notifier, told)
	return err
}

// runConfigured makes the run on the configured database, which is waited for when it
// is away.
func (g *globals) runConfigured(ctx context.Context, c config.Config, n *notify.Notifier, ask func(context.Context, *pipeline.Pipeline) (pipeline.Request, error)) (pipeline.Report, error) {
	if g.embedded != "" {
		if _, err := g.migrate(ctx, c); err != nil {
			return pipeline.Report{}, err
		}
	}
	p, err := g.open(ctx, c, n, c.DatabaseURL != "" || g.hasLibpqVariables()) // what nobody named is not waited for
	if err != nil {
		return pipeline.Report{}, err
	}
	defer p.Close()
	request, err := ask(ctx, p)
	if err != nil {
		return pipeline.Report{}, err
	}
	report, err := g.runAndPrint(ctx, p, request)
	if err == nil && request.Choices.Strict && len(report.Warnings) > 0 {
		err = &warnedError{plural(len(report.Warnings), "data warning") + " under --strict: see above; the result is published all the same"}
	}
	return report, err
}

// tell tells people of a run that ended, however it did. Where another run is at work,
// that one tells.
func (g *globals) tell(ctx context.Context, n *notify.Notifier, r notify.Run) {
	if r.ID != 0 {
		g.log = g.log.With("run_id", r.ID)
	}
	switch r.ExitCode {
	case exitLocked:
		return
	case exitDone, exitWarnings:
		r.Outcome = notify.Done
	case exitInterrupted:
		r.Outcome = notify.Interrupted
	default:
		r.Outcome = notify.Failed
		r.Unpaged = r.ExitCode == exitUsage && !errors.Is(r.Err, pipeline.ErrTables)
	}
	if !g.watched() {
		g.log.InfoContext(ctx, "run ended", "outcome", r.Outcome, "exit_code", r.ExitCode, "ms", r.Elapsed.Milliseconds())
	}
	for _, s := range r.Stages {
		if s.Err != nil {
			g.log = g.log.With("stage", s.Name, "attempt", s.Attempts) // the error that is still to come is its
		}
	}
	n.End(ctx, r)
}

// A ranStage is one stage of a run in the JSON result.
type ranStage struct {
	Number      int              `json:"number"`
	Name        string           `json:"name"`
	RowsIn      int64            `json:"rows_in"`
	RowsChanged int64            `json:"rows_changed"`
	Seconds     float64          `json:"seconds"`
	Note        string           `json:"note,omitempty"`
	Counters    map[string]int64 `json:"counters,omitempty"`
	Warnings    []string         `json:"warnings,omitempty"`
	Error       string           `json:"error,omitempty"`
}

// A ranRun is the JSON result of run.
type ranRun struct {
	RunID    int64      `json:"run_id"`
	AsOf     time.Time  `json:"as_of"`
	Seconds  float64    `json:"seconds"`
	Stages   []ranStage `json:"stages"`
	SignedUp *int64     `json:"signed_up_persons,omitempty"`
	Warnings []string   `json:"warnings"`
	Error    string     `json:"error,omitempty"`
}

// runAndPrint runs the pipeline, printing each stage as it ends.
func (g *globals) runAndPrint(ctx context.Context, p *pipeline.Pipeline, r pipeline.Request) (pipeline.Report, error) {
	headed := false
	r.Done = func(s pipeline.StageReport) {
		g.logStage(ctx, s)
		if g.json() {
			return
		}
		if !headed {
			fmt.Fprintf(g.out, stageHead, "stage", "rows in", "rows changed", "time")
			headed = true
		}
		g.printStage(s)
	}
	started := g.now()
	report, runErr := p.Run(ctx, r)
	elapsed := g.now().Sub(started)
	if report.RunID == 0 {
		return report, runErr // it did not begin
	}
	var signedUp *int64
	if runErr == nil {
		if status, err := p.Status(ctx); err == nil {
			signedUp = &status.Totals.SignedUp
		} else {
			g.log.WarnContext(ctx, "the run is done, but how much there is could not be asked", "error", err)
		}
	}
	if g.json() {
		if err := g.printJSON(runResult(report, elapsed, signedUp, runErr)); err != nil {
			return report, err
		}
		return report, runErr
	}
	g.printWarnings(report.Warnings)
	switch {
	case signedUp != nil:
		fmt.Fprintf(g.out, "\nRun %d done in %s: %s in sessions.attribution.\n", report.RunID, took(elapsed), plural(*signedUp, "signed-up person"))
	case runErr == nil:
		fmt.Fprintf(g.out, "\nRun %d done in %s.\n", report.RunID, took(elapsed))
	}
	return report, runErr
}

// logStage logs a stage that ended, where there is no terminal to print it on.
func (g *globals) logStage(ctx context.Context, s pipeline.StageReport) {
	if g.watched() {
		return
	}
	outcome := notify.Done
	if s.Err != nil {
		outcome = notify.Failed
		if ctx.Err() != nil {
			outcome = notify.Interrupted
		}
	}
	g.log.InfoContext(ctx, "stage ended", "run_id", s.RunID, "stage", s.Stage.Name, "attempt", s.Attempts, "outcome", outcome,
		"ms", s.Elapsed.Milliseconds(), "rows", s.Result.RowsIn, "rows_changed", s.Result.RowsChanged)
}

// The lines of a run: number and name, rows in, rows changed, time, note.
const (
	stageHead = "    %-13s %12s %14s %10s\n"
	stageLine = "  %d %-13s %12s %14s %10s"
)

// printStage prints the line of a stage that ended.
func (g *globals) printStage(s pipeline.StageReport) {
	line := fmt.Sprintf(stageLine, s.Stage.Number, s.Stage.Name, count(s.Result.RowsIn), count(s.Result.RowsChanged), took(s.Elapsed))
	switch {
	case s.Err != nil:
		line += "   failed"
	case s.Result.Note != "":
		line += "   " + grouped(s.Result.Note)
	}
	fmt.Fprintln(g.out, line)
}

// printWarnings prints what the data should not be like.
func (g *globals) printWarnings(warnings []string) {
	if len(warnings) == 0 {
		return
	}
	g.title("%s:", plural(len(warnings), "warning"))
	for _, w := range warnings {
		fmt.Fprintln(g.out, wrap(grouped(w), "  - ", "    "))
	}
}

// runResult is the run as JSON gives it.
func runResult(report pipeline.Report, elapsed time.Duration, signedUp *int64, err error) ranRun {
	result := ranRun{RunID: report.RunID, AsOf: report.AsOf.UTC(), Seconds: elapsed.Seconds(), SignedUp: signedUp, Warnings: report.Warnings, Error: text(err)}
	if result.Warnings == nil {
		result.Warnings = []string{}
	}
	for _, s := range report.Stages {
		result.Stages = append(result.Stages, ranStage{
			Number: s.Stage.Number, Name: s.Stage.Name, RowsIn: s.Result.RowsIn, RowsChanged: s.Result.RowsChanged,
			Seconds: s.Elapsed.Seconds(), Note: s.Result.Note, Counters: s.Result.Counters, Warnings: s.Result.Warnings, Error: text(s.Err),
		})
	}
	return result
}

// text is the text of an error, or "".
func text(err error) string {
	if err == nil {
		return ""
	}
	return logs.Redact(err.Error())
}
