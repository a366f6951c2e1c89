package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

const planLong = `Prints, stage by stage, the very statements that a run with the same flags would send
now, with the values bound to them, and how much they concern. It touches nothing.

A stage sees the worklists as they are now: what earlier stages would put on them shows
only as the earlier stages' own counts.`

// newPlanCmd makes "attribution plan".
func newPlanCmd(g *globals) *cobra.Command {
	o := &selection{}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Print the statements the next run would send, touching nothing",
		Long:  planLong,
		Example: `  attribution plan | less
  attribution plan --stage resessionize
  attribution plan --full --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.plan(cmd.Context(), o) },
	}
	o.flags(cmd)
	return cmd
}

func (g *globals) plan(ctx context.Context, o *selection) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	for _, person := range request.Persons {
		if _, err := p.FindPerson(ctx, p.DB().Pool, person); err != nil {
			return err
		}
	}
	planned, err := p.Plan(ctx, request)
	if err != nil {
		return err
	}
	if g.json() {
		return g.printJSON(planResult(planned))
	}
	for _, s := range planned {
		g.printPlanned(s)
	}
	g.printPlanEnd(planned, o)
	return nil
}

// printPlanned prints a stage of the plan, as SQL.
func (g *globals) printPlanned(s pipeline.PlannedStage) {
	fmt.Fprintf(g.out, "-- ===== %d %s: %s\n", s.Stage.Number, s.Stage.Name, grouped(s.Stage.About))
	if s.Result.Note != "" {
		fmt.Fprintln(g.out, "-- "+grouped(s.Result.Note))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Result.Counters)) {
		if n := s.Result.Counters[name]; n != 0 {
			fmt.Fprintf(g.out, "-- %s: %s\n", strings.ReplaceAll(name, "_", " "), count(n))
		}
	}
	for _, w := range s.Result.Warnings {
		fmt.Fprintln(g.out, "-- warning: "+grouped(w))
	}
	fmt.Fprintln(g.out)
	for _, statement := range s.Statements {
		if statement.File != "COPY" {
			fmt.Fprintln(g.out, "-- sql/"+statement.File)
		}
		for _, name := range slices.Sorted(maps.Keys(statement.Args)) {
			fmt.Fprintf(g.out, "-- @%s = %s\n", name, sqlValue(statement.Args[name]))
		}
		fmt.Fprintln(g.out, strings.TrimRight(strings.TrimSpace(statement.SQL), ";")+";")
		fmt.Fprintln(g.out)
	}
}

// printPlanEnd prints the sum of the plan, still as SQL comments.
func (g *globals) printPlanEnd(planned []pipeline.PlannedStage, o *selection) {
	fmt.Fprintln(g.out, "-- ===== In short")
	for _, s := range planned {
		line := fmt.Sprintf("-- %d %-13s %12s rows to read, %3d statements   %s",
			s.Stage.Number, s.Stage.Name, count(s.Result.RowsIn), len(s.Statements), grouped(s.Result.Note))
		fmt.Fprintln(g.out, strings.TrimRight(line, " "))
	}
	for _, p := range o.persons {
		fmt.Fprintf(g.out, "-- person %s would be marked first; the counts are without\n", p)
	}
	for _, m := range o.months {
		fmt.Fprintf(g.out, "-- month %s would be marked first; the counts are without\n", m)
	}
	fmt.Fprintln(g.out, "-- Nothing was touched.")
}

// sqlValue writes a bound value as SQL would.
func sqlValue(v any) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return oneLine(quote(v))
	case []string:
		var list []string
		for _, s := range v {
			list = append(list, oneLine(quote(s)))
		}
		return "ARRAY[" + strings.Join(list, ", ") + "]::text[]"
	case []byte:
		return fmt.Sprintf(`'\x%x'`, v)
	case time.Time:
		return quote(v.UTC().Format("2006-01-02 15:04:05.999999Z"))
	case *time.Time:
		if v == nil {
			return "NULL"
		}
		return sqlValue(*v)
	case []time.Time:
		var list []string
		for _, t := range v {
			list = append(list, sqlValue(t))
		}
		return "ARRAY[" + strings.Join(list, ", ") + "]"
	case int, int16, int32, int64, bool, float64, uint32, uint64:
		return fmt.Sprint(v)
	}
	return oneLine(fmt.Sprintf("%v", v))
}

// oneLine keeps a value within its comment.
func oneLine(s string) string { return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(s) }

// A plannedStatement is a statement in the JSON result.
type plannedStatement struct {
	File string            `json:"file"`
	SQL  string            `json:"sql"`
	Args map[string]string `json:"args,omitempty"`
}

// A plannedStage is a stage in the JSON result.
type plannedStage struct {
	Number     int                `json:"number"`
	Name       string             `json:"name"`
	RowsIn     int64              `json:"rows_in"`
	Note       string             `json:"note,omitempty"`
	Counters   map[string]int64   `json:"counters,omitempty"`
	Warnings   []string           `json:"warnings,omitempty"`
	Statements []plannedStatement `json:"statements"`
}

// planResult is the plan as JSON gives it.
func planResult(planned []pipeline.PlannedStage) []plannedStage {
	all := []plannedStage{}
	for _, s := range planned {
		stage := plannedStage{
			Number: s.Stage.Number, Name: s.Stage.Name, RowsIn: s.Result.RowsIn, Note: s.Result.Note,
			Counters: s.Result.Counters, Warnings: s.Result.Warnings, Statements: []plannedStatement{},
		}
		for _, statement := range s.Statements {
			stage.Statements = append(stage.Statements, plannedStatement{statement.File, statement.SQL, argTexts(statement.Args)})
		}
		all = append(all, stage)
	}
	return all
}

// argTexts are bound values as SQL would write them.
func argTexts(args pg.Args) map[string]string {
	texts := map[string]string{}
	for name, v := range args {
		texts[name] = sqlValue(v)
	}
	return texts
}
