package main

import (
	"context"
	"errors"
	"fmt"

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
	return g.withPipeline(ctx, func(p *pipeline.Pipeline) error {
		request, err := p.Resume(ctx)
		switch {
		case errors.Is(err, pipeline.ErrNothingToRetry):
			fmt.Fprintln(g.err, "attribution: "+err.Error())
			return nil
		case err != nil:
			return err
		}
		g.log.InfoContext(ctx, "going on with a run", "run_id", request.RetryOf, "from_stage", request.Stages[0].Name, "full", request.Full)
		return g.runOnce(ctx, p, request)
	})
}
