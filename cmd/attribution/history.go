package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
)

// newHistoryCmd makes "attribution history".
func newHistoryCmd(g *globals) *cobra.Command {
	limit := 20
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the latest runs, newest first",
		Example: `  attribution history
  attribution history --limit 3 --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.history(cmd.Context(), limit) },
	}
	cmd.Flags().IntVar(&limit, "limit", limit, "at most this many")
	return cmd
}

func (g *globals) history(ctx context.Context, limit int) error {
	if limit < 1 {
		return usagef("--limit %d: want 1 or more", limit)
	}
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	runs, err := p.History(ctx, limit)
	if err != nil {
		return err
	}
	if g.json() {
		all := []pastRun{}
		for i := range runs {
			all = append(all, pastRunOf(&runs[i]))
		}
		return g.printJSON(all)
	}
	if len(runs) == 0 {
		fmt.Fprintln(g.out, "No run yet. Next: "+g.command("run"))
		return nil
	}
	var rows [][]string
	for i := range runs {
		rows = append(rows, historyRow(&runs[i]))
	}
	g.printTable([]column{
		{title: "run", right: true},
		{title: "started (UTC)"},
		{title: "took", right: true},
		{title: "state"},
		{title: "stages", width: 27},
		{title: "rows changed", right: true},
		{title: "as of"},
	}, rows)
	for i := range runs {
		if r := &runs[i]; r.Error != nil {
			fmt.Fprintf(g.out, "\n  run %d: %s\n", r.RunID, *r.Error)
		}
	}
	return nil
}

// historyRow is a run as the table shows it.
func historyRow(r *pipeline.PastRun) []string {
	spent, changed := "-", int64(0)
	if r.FinishedAt != nil {
		spent = took(r.FinishedAt.Sub(r.StartedAt))
	}
	attempted := map[string]int{}
	for _, s := range r.Stages {
		attempted[s.Stage] = max(attempted[s.Stage], s.Attempt)
		if s.RowsChanged != nil {
			changed += *s.RowsChanged
		}
	}
	state := r.State
	if r.IsFull {
		state += ", full"
	}
	return []string{count(r.RunID), instant(&r.StartedAt), spent, state, stagesOf(attempted), count(changed), instant(&r.AsOf)}
}

// stagesOf names the stages that were begun, and those that took several attempts.
func stagesOf(attempted map[string]int) string {
	var names, again []string
	all := stages.All()
	for _, s := range all {
		if n := attempted[s.Name]; n > 0 {
			names = append(names, s.Name)
			if n > 1 {
				again = append(again, fmt.Sprintf("%s %d times", s.Name, n))
			}
		}
	}
	list := strings.Join(names, ", ")
	switch {
	case len(names) == len(all):
		list = "all"
	case len(names) == 0:
		list = "none"
	}
	if len(again) > 0 {
		list += " (" + strings.Join(again, ", ") + ")"
	}
	return list
}

// A pastStage is one attempt at a stage in the JSON result.
type pastStage struct {
	Stage       string     `json:"stage"`
	Attempt     int        `json:"attempt"`
	State       string     `json:"state"`
	StartedAt   time.Time  `json:"started_at"`
	FinishedAt  *time.Time `json:"finished_at"`
	RowsIn      *int64     `json:"rows_in"`
	RowsChanged *int64     `json:"rows_changed"`
	Error       *string    `json:"error,omitempty"`
}

// A pastRun is one run in the JSON result.
type pastRun struct {
	RunID      int64       `json:"run_id"`
	StartedAt  time.Time   `json:"started_at"`
	FinishedAt *time.Time  `json:"finished_at"`
	AsOf       time.Time   `json:"as_of"`
	State      string      `json:"state"`
	IsFull     bool        `json:"is_full"`
	Error      *string     `json:"error,omitempty"`
	Stages     []pastStage `json:"stages"`
}

// pastRunOf is a run as JSON gives it.
func pastRunOf(r *pipeline.PastRun) pastRun {
	past := pastRun{RunID: r.RunID, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, AsOf: r.AsOf, State: r.State, IsFull: r.IsFull, Error: r.Error, Stages: []pastStage{}}
	for _, s := range r.Stages {
		past.Stages = append(past.Stages, pastStage(s))
	}
	return past
}
