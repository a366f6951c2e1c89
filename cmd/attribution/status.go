package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pipeline"
)

// newStatusCmd makes "attribution status".
func newStatusCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what is fresh, what waits, and where all events went",
		Example: `  attribution status
  attribution status --output json | jq .waiting`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.status(cmd.Context()) },
	}
}

func (g *globals) status(ctx context.Context) error {
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	s, err := p.Status(ctx)
	if err != nil {
		return err
	}
	if g.json() {
		return g.printJSON(statusOf(&s))
	}
	g.printLastRun(&s)
	g.printFresh(s.Tables)
	g.printWaiting(s.Waiting)
	g.printTotals(&s.Totals)
	g.title("Next: %s", g.nextCommand(&s))
	return nil
}

// printLastRun prints what the latest run was.
func (g *globals) printLastRun(s *pipeline.Status) {
	r := s.LastRun
	if r == nil {
		fmt.Fprintln(g.out, "No run yet.")
		return
	}
	switch {
	case s.Running:
		fmt.Fprintf(g.out, "Run %d is at work since %s UTC, %s.\n", r.RunID, instant(&r.StartedAt), stageAtWork(r))
	case r.State == "running":
		fmt.Fprintf(g.out, "Run %d was killed: it began at %s UTC and wrote no end.\n", r.RunID, instant(&r.StartedAt))
	case r.FinishedAt != nil:
		fmt.Fprintf(g.out, "Run %d %s at %s UTC after %s, as of %s.\n", r.RunID, stateWord(r.State), instant(r.FinishedAt), took(r.FinishedAt.Sub(r.StartedAt)), instant(&r.AsOf))
	}
	if r.Error != nil {
		fmt.Fprintln(g.out, "  "+*r.Error)
	}
}

// stateWord is the state of a run as a verb.
func stateWord(state string) string {
	if state == "interrupted" {
		return "was interrupted"
	}
	if state == "done" {
		return "was done"
	}
	return state
}

// stageAtWork says where a run is.
func stageAtWork(r *pipeline.PastRun) string {
	for i := len(r.Stages) - 1; i >= 0; i-- {
		if r.Stages[i].State == "running" {
			return "in stage " + r.Stages[i].Stage
		}
	}
	return "between stages"
}

// printFresh prints when each published table was published.
func (g *globals) printFresh(tables []pipeline.Fresh) {
	g.title("Published")
	if len(tables) == 0 {
		fmt.Fprintln(g.out, "  nothing yet")
		return
	}
	var rows [][]string
	for _, t := range tables {
		rows = append(rows, []string{t.Table, count(t.RunID), instant(t.NewestEvent), instant(&t.PublishedAt)})
	}
	g.printTable([]column{{title: "table"}, {title: "run", right: true}, {title: "newest event"}, {title: "published (UTC)"}}, rows)
}

// printWaiting prints the worklists.
func (g *globals) printWaiting(waiting []pipeline.Waiting) {
	g.title("Waiting")
	if len(waiting) == 0 {
		fmt.Fprintln(g.out, "  nothing of what was taken in; new rows of the sources are found by the next run")
		return
	}
	var rows [][]string
	for _, w := range waiting {
		rows = append(rows, []string{w.Stage, waitingText(w)})
	}
	g.printTable([]column{{title: "for stage"}, {title: "what"}}, rows)
}

// waitingText says what waits.
func waitingText(w pipeline.Waiting) string {
	switch w.Unit {
	case "everything":
		return "everything is to be made anew"
	case "prepared":
		return "prepared, not published yet"
	}
	return count(w.Count) + " " + w.Unit
}

// printTotals prints where all events went.
func (g *globals) printTotals(t *pipeline.Totals) {
	g.title("Where all events went")
	if t.TakenIn == 0 {
		fmt.Fprintln(g.out, "  none were taken in yet")
		return
	}
	waiting := t.TakenIn - t.InVisits - t.Server - t.Ignored - t.Bots - t.Blocked
	rows := [][]string{
		{count(t.TakenIn), "taken in, received " + months(t)},
		{count(t.InVisits), "= in sessions"},
		{count(t.Server), "+ of back ends, which are no activity"},
		{count(t.Ignored), "+ ignored by ignore_events"},
		{count(t.Blocked), "+ with blocked identifiers only"},
	}
	if t.Bots != 0 {
		rows = append(rows, []string{count(t.Bots), "+ of crawlers, left out by bots: exclude"})
	}
	if waiting != 0 {
		rows = append(rows, []string{count(waiting), "+ still waiting for stage sessionize"})
	}
	rows = append(rows, []string{count(t.Rejected), "rows of the sources rejected, kept in rejected_rows"}, []string{count(t.Duplicates), "rows of the sources that were copies"},
		[]string{count(t.SignedUp), "signed-up persons"})
	g.printTable([]column{{right: true}, {}}, rows)
}

// months are the first and last month of the totals.
func months(t *pipeline.Totals) string {
	if t.FirstMonth == nil || t.LastMonth == nil {
		return "never"
	}
	first, last := t.FirstMonth.Format("2006-01"), t.LastMonth.Format("2006-01")
	if first == last {
		return "in " + first
	}
	return first + " to " + last
}

// nextCommand is what to type next.
func (g *globals) nextCommand(s *pipeline.Status) string {
	switch {
	case s.Running:
		return "wait for it, and ask again: " + g.command("status")
	case s.LastRun == nil:
		return g.command("run") + "   (" + g.command("plan") + " shows what it would do)"
	case s.LastRun.State != "done":
		return g.command("run") + "   goes on from there"
	case len(s.Waiting) > 0:
		return g.command("run") + "   takes up what waits"
	}
	return "SELECT * FROM sessions.attribution; when there are new events, " + g.command("run")
}

// A statusResult is the JSON result of status.
type statusResult struct {
	Running bool             `json:"running"`
	LastRun *pastRun         `json:"last_run"`
	Tables  []freshTable     `json:"tables"`
	Waiting []waitingResult  `json:"waiting"`
	Totals  map[string]int64 `json:"totals"`
	Months  []string         `json:"months"`
}

// A freshTable is a published table in the JSON result.
type freshTable struct {
	Table       string     `json:"table"`
	RunID       int64      `json:"run_id"`
	NewestEvent *time.Time `json:"newest_event"`
	PublishedAt time.Time  `json:"published_at"`
}

// A waitingResult is a worklist in the JSON result.
type waitingResult struct {
	Stage string `json:"stage"`
	Unit  string `json:"unit"`
	Count int64  `json:"count"`
}

// statusOf is the status as JSON gives it.
func statusOf(s *pipeline.Status) statusResult {
	t := &s.Totals
	result := statusResult{Running: s.Running, Tables: []freshTable{}, Waiting: []waitingResult{}, Months: []string{}, Totals: map[string]int64{
		"taken_in": t.TakenIn, "in_visits": t.InVisits, "server": t.Server, "ignored": t.Ignored, "bots": t.Bots, "blocked": t.Blocked,
		"rejected": t.Rejected, "duplicates": t.Duplicates, "signed_up_persons": t.SignedUp,
	}}
	if s.LastRun != nil {
		last := pastRunOf(s.LastRun)
		result.LastRun = &last
	}
	for _, f := range s.Tables {
		result.Tables = append(result.Tables, freshTable(f))
	}
	for _, w := range s.Waiting {
		result.Waiting = append(result.Waiting, waitingResult(w))
	}
	if t.FirstMonth != nil && t.LastMonth != nil {
		result.Months = []string{t.FirstMonth.Format("2006-01"), t.LastMonth.Format("2006-01")}
	}
	return result
}
