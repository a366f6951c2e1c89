package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pipeline"
)

const retryLong = `Goes on with the last run where it failed or was stopped: from that stage on, with
the same flags and the same clock. After a run that succeeded there is nothing to do.`

// newRetryCmd makes "attribution retry".
func newRetryCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "retry",
		Short:   "Go on with the last run where it failed",
		Long:    retryLong,
		Example: "  attribution retry",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return g.retry(cmd.Context()) },
	}
}

func (g *globals) retry(ctx context.Context) error {
	return g.night(ctx, g.command("retry"), func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Request, error) {
		request, err := p.Resume(ctx)
		if err == nil {
			g.log.InfoContext(ctx, "going on with a run", "retry_of", request.RetryOf, "from_stage", request.Stages[0].Name, "full", request.Full)
		}
		return request, err
	})
}
