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
	strict      bool
	reconcile   bool
	allowShrink bool
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
	cmd.Flags().BoolVar(&o.reconcile, "reconcile", false, "remove what came of rows deleted at the sources since they were taken in")
	cmd.Flags().BoolVar(&o.allowShrink, "allow-shrink", false, "let a source table have lost over a fifth of a month's rows")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit with 5 when the data gave warnings")
	return cmd
}

func (g *globals) run(ctx context.Context, o *runOptions) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	if o.reconcile && len(request.Stages) > 0 && request.Stages[0].Number != 1 {
		return usagef("--reconcile is for stage 1, which is not among the stages asked for")
	}
	request.Reconcile, request.AllowShrink = o.reconcile, o.allowShrink
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
	p, err := g.open(ctx, c)
	if err != nil {
		return err
	}
	defer p.Close()
	warnings, err := g.runAndPrint(ctx, p, request)
	if err != nil {
		return err
	}
	if o.strict && warnings > 0 {
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
		status, err := p.Status(ctx)
		if err != nil {
			return 0, err
		}
		signedUp = &status.Totals.SignedUp
	}
	if g.json() {
		if err := g.printJSON(runResult(report, elapsed, signedUp, runErr)); err != nil {
			return 0, err
		}
		return len(report.Warnings), runErr
	}
	g.printWarnings(report.Warnings)
	if runErr == nil {
		fmt.Fprintf(g.out, "\nRun %d done in %s: %s in sessions.attribution.\n", report.RunID, took(elapsed), plural(*signedUp, "signed-up person"))
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
