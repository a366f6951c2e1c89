package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/segment"
)

// A valueTable is a source's table of one event, with what a conversion is worth.
type valueTable struct {
	SourceTable
	RewardNumber    int // a place of the conversion in the settings' reward_names, from 1
	Value, Currency pg.SourceItem
}

// A traitTable is a source's identifies, with the columns to show.
type traitTable struct {
	SourceTable
	Items []pg.SourceItem
}

// rewardSettings are the settings of conversions and models.
func rewardSettings(o ReferenceOptions) map[string]any {
	names, events, every := []string{}, []string{}, []string{}
	for _, c := range o.Conversions {
		for _, e := range c.Events {
			names, events = append(names, c.Name), append(events, e)
		}
		if c.Every {
			every = append(every, c.Name)
		}
	}
	halfLife := o.Models.HalfLife
	if halfLife == 0 {
		halfLife = model.DefaultHalfLife
	}
	return map[string]any{
		"reward_names": names, "reward_events": events, "every_time": every,
		"model_lookbacks": o.Models.Lookback[:], "half_life": halfLife,
	}
}

// valueTables looks up where conversions are worth something.
func valueTables(ctx context.Context, conn *pgx.Conn, o ReferenceOptions) (all []valueTable, err error) {
	reward := 1
	for _, c := range o.Conversions {
		seen := []string{}
		for _, e := range c.Events {
			table := segment.Slug(e)
			if c.Value == "" || slices.Contains(seen, table) {
				continue
			}
			seen = append(seen, table)
			for i, source := range o.Sources {
				columns, err := tableColumns(ctx, conn, source, table)
				if err != nil {
					return nil, err
				}
				if !columns["id"] || !columns[c.Value] {
					continue
				}
				v := valueTable{
					SourceTable: SourceTable{Name: pg.MustIdent(source, table), SourceNumber: i + 1, columns: columns}, RewardNumber: reward,
					Value: pg.Column("value", c.Value, "text"), Currency: pg.Absent("currency", "text"),
				}
				if columns[c.Currency] {
					v.Currency = pg.Column("currency", c.Currency, "text")
				}
				all = append(all, v)
			}
		}
		reward += len(c.Events)
	}
	return all, nil
}

// traitTables looks up which identifies have columns to show.
func traitTables(ctx context.Context, conn *pgx.Conn, o ReferenceOptions) (all []traitTable, err error) {
	for i, source := range o.Sources {
		columns, err := tableColumns(ctx, conn, source, "identifies")
		if err != nil {
			return nil, err
		}
		t := traitTable{SourceTable: SourceTable{Name: pg.MustIdent(source, "identifies"), SourceNumber: i + 1, columns: columns}}
		for _, trait := range o.Traits {
			if columns[trait] {
				t.Items = append(t.Items, pg.Column(trait, trait, "text"))
			}
		}
		if len(t.Items) > 0 && columns["id"] {
			all = append(all, t)
		}
	}
	return all, nil
}

// tableColumns are the columns of a table or view that can be read; none where there is no such.
func tableColumns(ctx context.Context, conn *pgx.Conn, schema, table string) (map[string]bool, error) {
	rows, err := conn.Query(ctx, `
		SELECT a.attname::text
		FROM pg_class AS c
		JOIN pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND has_column_privilege(c.oid, a.attnum, 'SELECT')`, schema, table)
	if err != nil {
		return nil, fmt.Errorf("columns of %s.%s: %w", schema, table, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("columns of %s.%s: %w", schema, table, err)
	}
	columns := make(map[string]bool, len(names))
	for _, n := range names {
		columns[n] = true
	}
	return columns, nil
}
