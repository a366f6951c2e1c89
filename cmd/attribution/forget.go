package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
)

// forgetOptions are the flags of forget.
type forgetOptions struct {
	person string
	unseen bool
	dryRun bool
	yes    bool
}

const forgetLong = `Removes every trace of one person, in one transaction: its events, visits, sessions,
touches and attribution, its identifiers and their journal, and what waits to be done
about them. What remains is a keyed hash of each identifier, so that later runs pass
over what the sources still have of the person. Nothing brings it back but the hash
and the rows at the source.

PERSON is a user_id or an anonymous_id, or user:ID or anon:ID where both exist. All
users that are that person go, and every device seen with them alone. A device others
used too stays, and its events without a user_id. The next run works out anew whose
they are.`

// newForgetCmd makes "attribution forget".
func newForgetCmd(g *globals) *cobra.Command {
	o := &forgetOptions{}
	cmd := &cobra.Command{
		Use:   "forget PERSON",
		Short: "Remove every trace of one person, for good",
		Long:  forgetLong,
		Example: `  attribution forget user:u_1234 --dry-run     # only count
  attribution forget user:u_1234
  attribution forget user:u_9 --unseen --yes   # one nothing was taken in of yet`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usagef("forget takes one PERSON: a user_id or an anonymous_id, such as user:u_1234")
			}
			o.person = args[0]
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return g.forget(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only count what would be removed")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&o.unseen, "unseen", false, "also where nothing was taken in of the identifier yet, which then says user: or anon:")
	return cmd
}

func (g *globals) forget(ctx context.Context, o *forgetOptions) error {
	ask := !o.yes && !o.dryRun
	if ask && !g.inTerminal {
		return usagef("forget cannot be undone, and there is no terminal to ask on: add --yes, or --dry-run")
	}
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	request := pipeline.ForgetRequest{Person: o.person, Unseen: o.unseen, DryRun: o.dryRun}
	if ask {
		request.DryRun = true
		would, err := p.Forget(ctx, request)
		if err != nil {
			return err
		}
		if !g.confirm(would) {
			fmt.Fprintln(g.err, "Nothing was removed.")
			return nil
		}
		request.DryRun = false
	}
	done, err := p.Forget(ctx, request)
	if err != nil {
		return err
	}
	return g.printForgotten(done, o.dryRun)
}

// confirm asks whether to go on; whatever is not "yes" is no.
func (g *globals) confirm(would stages.Forgotten) bool {
	rows := int64(0)
	for _, t := range would.Tables {
		rows += t.Rows
	}
	fmt.Fprintf(g.err, "Forget %s and %s, with %s in %s? This cannot be undone. Type yes: ",
		plural(would.Users, "user_id"), plural(would.AnonymousIDs, "anonymous_id"), plural(rows, "row"), plural(len(would.Tables), "table"))
	answer, _ := bufio.NewReader(g.in).ReadString('\n')
	return strings.TrimSpace(answer) == "yes"
}

// A forgottenPerson is the JSON result of forget.
type forgottenPerson struct {
	DryRun bool `json:"dry_run"`
	stages.Forgotten
}

func (g *globals) printForgotten(f stages.Forgotten, dryRun bool) error {
	if g.json() {
		return g.printJSON(forgottenPerson{dryRun, f})
	}
	rows := make([][]string, len(f.Tables))
	for i, t := range f.Tables {
		rows[i] = []string{t.Table, count(t.Rows)}
	}
	g.printTable([]column{{title: "table"}, {title: "rows removed", right: true}}, rows)
	who := plural(f.Users, "user_id") + " and " + plural(f.AnonymousIDs, "anonymous_id")
	if dryRun {
		fmt.Fprintf(g.out, "\nNothing was removed: this is what forgetting %s would.\n", who)
		return nil
	}
	fmt.Fprintf(g.out, "\nForgotten: %s. Next: %s, which makes anew what was shared with others.\n", who, g.command("run"))
	return nil
}
