package stages

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// MarkMonths puts months on stage 2's worklist, to be sessionized whole. It returns
// those that hold nothing.
func (in Input) MarkMonths(ctx context.Context, tx pgx.Tx, months []month.Month, reason string) (unknown []string, err error) {
	have, err := in.months(ctx, tx)
	if err != nil {
		return nil, err
	}
	var days []time.Time
	for _, m := range months {
		if !slices.Contains(have, m) {
			unknown = append(unknown, m.String())
			continue
		}
		days = append(days, m.Start())
	}
	_, err = in.DB.Exec(ctx, tx, "00_shared/050_mark_months.sql", pg.Data{}, pg.Args{"months": days, "reason": reason})
	return unknown, err
}

// MarkAllMonths puts every month on stage 2's worklist.
func (in Input) MarkAllMonths(ctx context.Context, tx pgx.Tx, reason string) error {
	months, err := in.months(ctx, tx)
	if err != nil {
		return err
	}
	_, err = in.MarkMonths(ctx, tx, months, reason)
	return err
}
