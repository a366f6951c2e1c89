package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/check"
)

const explainLong = `Prints everything known of one person, in time order: the identifiers and when they were
joined, the sessions, the touches, the signup, and why each of the four touches of
sessions.attribution was chosen.

PERSON is a user_id or an anonymous_id, or user:ID or anon:ID where both exist.`

// newExplainCmd makes "attribution explain".
func newExplainCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "explain PERSON",
		Short: "Tell everything known of one person, and why the touches were chosen",
		Long:  explainLong,
		Example: `  attribution explain u_1234
  attribution explain anon:8f6d3c1e-9a51-4c6f-8b1e-2f0c9a7d5e43 --output json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usagef("explain takes one PERSON: a user_id or an anonymous_id, such as user:u_1234")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.explain(cmd.Context(), args[0]) },
	}
}

func (g *globals) explain(ctx context.Context, person string) error {
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	found, err := p.FindPerson(ctx, p.DB().Pool, person)
	if err != nil {
		return err
	}
	explanation, err := check.Explain(ctx, p.DB(), p.Settings(), found)
	if err != nil {
		return err
	}
	if g.json() {
		return g.printJSON(explanation)
	}
	return explanation.Text(g.out)
}
