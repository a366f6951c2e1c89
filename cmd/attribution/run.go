package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

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
  attribution run --month 2018-01              # redo a month`

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
	cmd.Flags().BoolVar(&o.choices.Strict, "strict", false, "exit with 5 when the data gave warnings")
	cmd.Flags().BoolVar(&o.choices.AllowShrink, "allow-shrink", false, "publish also what the gates would stop: a table that shrinks by more than 20 %, or loses its newest full day")
	return cmd
}

func (g *globals) run(ctx context.Context, o *runOptions) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	request.Choices = o.choices
	return g.withPipeline(ctx, func(p *pipeline.Pipeline) error { return g.runOnce(ctx, p, request) })
}

// withPipeline opens the pipeline for a run: under --embedded its tables are made, and
// a database that is away is waited for.
func (g *globals) withPipeline(ctx context.Context, work func(*pipeline.Pipeline) error) error {
	c, stop, err := g.configure(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if g.embedded != "" {
		if _, err := g.migrate(ctx, c); err != nil {
			return err
		}
	}
	p, err := g.open(ctx, c, true)
	if err != nil {
		return err
	}
	defer p.Close()
	return work(p)
}

// runOnce makes one run, prints it, and sees to --strict.
func (g *globals) runOnce(ctx context.Context, p *pipeline.Pipeline, r pipeline.Request) error {
	warnings, err := g.runAndPrint(ctx, p, r)
	if err != nil {
		return err
	}
	if r.Choices.Strict && warnings > 0 {
		return &warnedError{plural(warnings, "data warning") + " under --strict: see above; the result is published all the same"}
	}
	return nil
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

// runAndPrint runs the pipeline, printing each stage as it ends, and returns how many
// warnings there were.
func (g *globals) runAndPrint(ctx context.Context, p *pipeline.Pipeline, r pipeline.Request) (int, error) {
	headed := false
	r.Done = func(s pipeline.StageReport) {
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
		return 0, runErr // it did not begin
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
			return 0, err
		}
		return len(report.Warnings), runErr
	}
	g.printWarnings(report.Warnings)
	switch {
	case signedUp != nil:
		fmt.Fprintf(g.out, "\nRun %d done in %s: %s in sessions.attribution.\n", report.RunID, took(elapsed), plural(*signedUp, "signed-up person"))
	case runErr == nil:
		fmt.Fprintf(g.out, "\nRun %d done in %s.\n", report.RunID, took(elapsed))
	}
	return len(report.Warnings), runErr
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
	return err.Error()
}
