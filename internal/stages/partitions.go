package stages

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

func (in *Input) monthly() []pg.Table { return Monthly(in.DB.Names) }

// Monthly lists the tables partitioned by month of reception; all have the same
// months.
func Monthly(n pg.Names) []pg.Table {
	return []pg.Table{
		{Schema: n.Segment, Name: "app_tracks"},
		{Schema: n.Segment, Name: "app_identities"},
		{Schema: n.Stages, Name: "all_tracks"},
		{Schema: n.Stages, Name: "all_conversions"},
		{Schema: n.Stages, Name: "all_sightings"},
	}
}

// months lists the months taken in so far, in order.
func (in *Input) months(ctx context.Context, q pg.Querier) ([]month.Month, error) {
	return in.partitionMonths(ctx, q, pg.Table{Schema: in.DB.Names.Segment, Name: "app_tracks"}, "app_tracks_", "")
}

// partitionMonths lists the months of a table's partitions by their names.
func (in *Input) partitionMonths(ctx context.Context, q pg.Querier, parent pg.Table, prefix, suffix string) ([]month.Month, error) {
	names, err := in.partitionNames(ctx, q, parent)
	return MonthsOf(names, prefix, suffix), err
}

func (in *Input) partitionNames(ctx context.Context, q pg.Querier, parent pg.Table) ([]string, error) {
	return pg.Collect(ctx, in.DB, q, "00_shared/010_list_partitions.sql", pg.Data{},
		pg.Args{"schema": parent.Schema, "parent": parent.Name}, pgx.RowTo[string])
}

// MonthsOf are the months in those of the names that consist of prefix, month and
// suffix.
func MonthsOf(names []string, prefix, suffix string) []month.Month {
	var months []month.Month
	for _, name := range names {
		m, err := month.Parse(strings.TrimSuffix(strings.TrimPrefix(name, prefix), suffix))
		if err == nil {
			months = append(months, m)
		}
	}
	return months
}

// summarize brings the indexes of blocks of the months' events up to date.
func (in *Input) summarize(ctx context.Context, months []month.Month) error {
	tables := make([]string, len(months))
	for i, m := range months {
		tables[i] = pg.Table{Schema: in.DB.Names.Segment, Name: "app_tracks"}.Partition(m).Ident().String()
	}
	_, err := in.DB.Exec(ctx, in.DB.Pool, "00_shared/090_summarize.sql", pg.Data{}, pg.Args{"tables": tables})
	return err
}

// ensureMonths makes the partitions of the wanted months and of every month between
// them and those there are, so that bounds stay contiguous. It returns the months
// it made.
func (in *Input) ensureMonths(ctx context.Context, tx pgx.Tx, wanted []month.Month) ([]month.Month, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	have, err := in.months(ctx, tx)
	if err != nil {
		return nil, err
	}
	first, last := wanted[0], wanted[0]
	exists := map[month.Month]bool{}
	for _, m := range have {
		exists[m] = true
	}
	for _, m := range append(have, wanted...) {
		first, last = min(first, m), max(last, m)
	}
	var made []month.Month
	for _, m := range first.Through(last) {
		if exists[m] {
			continue
		}
		for _, parent := range in.monthly() {
			if err := in.attachMonth(ctx, tx, parent, parent.Partition(m), m, parent.Schema == in.DB.Names.Stages); err != nil {
				return nil, fmt.Errorf("month %s: %w", m, err)
			}
		}
		made = append(made, m)
	}
	return made, nil
}

// attachMonth creates a partition and attaches it; byDate tells that the partition
// key is a date.
func (in *Input) attachMonth(ctx context.Context, tx pgx.Tx, parent, partition pg.Table, m month.Month, byDate bool) error {
	d := pg.Data{Table: partition.Ident(), Other: parent.Ident(), Month: m, Flag: byDate}
	for _, file := range []string{"020_create_partition.sql", "030_attach_partition.sql", "035_comment_partition.sql"} {
		if _, err := in.DB.Exec(ctx, tx, "00_shared/"+file, d, none); err != nil {
			return err
		}
	}
	return nil
}
