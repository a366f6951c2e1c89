package pipeline

import (
	"context"
	"fmt"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// A PlannedStage is a stage as the next run would do it.
type PlannedStage struct {
	Stage      stages.Stage
	Statements []pg.Statement // in order, each once
	Result     stages.Result  // what it would read, as far as that can be known before
}

// Plan asks every stage of the request what it would send, in read-only
// transactions, and touches nothing. A stage sees the worklists as they are now, so
// what earlier stages would put on them shows only as their own counts.
func (p *Pipeline) Plan(ctx context.Context, r Request) ([]PlannedStage, error) {
	if err := p.resolveSources(ctx); err != nil {
		return nil, err
	}
	asOf, err := p.clock(ctx, r.AsOf)
	if err != nil {
		return nil, err
	}
	var planned []PlannedStage
	for _, s := range selected(r) {
		var statements []pg.Statement
		dry := *p.db
		dry.Planned = &statements
		in := p.input(ctx, stages.Input{AsOf: asOf, Full: r.Full})
		in.DB = &dry
		result, err := s.Run(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("plan of stage %s: %w", s.Name, err)
		}
		planned = append(planned, PlannedStage{Stage: s, Statements: statements, Result: result})
	}
	return planned, nil
}
