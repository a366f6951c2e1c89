package stages

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// pageFields are the page URL and the referrer of a row of 020_read_events.sql: the
// page's context, on pages else its own properties.
func pageFields(kind event.Kind, v [][]byte) (url, referrer string) {
	url, referrer = rawText(v[9]), rawText(v[11])
	if kind == event.Page {
		if url == "" {
			url = rawText(v[10])
		}
		if referrer == "" {
			referrer = rawText(v[12])
		}
	}
	return url, referrer
}

func campaign(v [][]byte) channel.Campaign {
	return channel.Campaign{
		Source: rawShared(v[13]), Medium: rawShared(v[14]), Name: rawShared(v[15]), Term: rawShared(v[16]), Content: rawShared(v[17]),
	}
}

var (
	visitColumns      = []string{"received_month", "anonymous_id", "user_id", "started_at", "ended_at", "event_count", "page_count", "marks"}
	conversionColumns = []string{"received_month", "anonymous_id", "user_id", "converted_at", "kind", "received_at", "source", "id", "event_text"}
	sightingColumns   = []string{
		"received_month", "anonymous_id", "user_id", "is_alias", "first_at", "first_kind", "first_received_at", "first_source", "first_id",
		"server_count", "ignored_count", "rejected_count",
	}
	edgeColumns  = []string{"anonymous_id", "user_id", "is_alias", "rebuild", "first_at", "first_kind", "first_received_at", "first_source", "first_id"}
	ownerColumns = []string{"user_id", "anonymous_id"}
)

// flush writes what is in memory and empties it.
func (b *monthBuild) flush(ctx context.Context) error {
	stages, ops := b.in.DB.Names.Stages, b.in.DB.Names.Ops
	partition := func(name string) pg.Table { return pg.Table{Schema: stages, Name: name}.Partition(b.month) }
	visits, owners, err := b.visitRows()
	if err != nil {
		return err
	}
	sightings := b.sightingRows()
	b.visits += int64(len(visits))
	for _, c := range []struct {
		table   pg.Table
		columns []string
		rows    [][]any
	}{
		{partition("all_tracks"), visitColumns, visits},
		{partition("all_conversions"), conversionColumns, b.conversions},
		{partition("all_sightings"), sightingColumns, sightings},
		{pg.Table{Schema: ops, Name: "dirty_edges"}, edgeColumns, b.edges},
		{pg.Table{Schema: ops, Name: "dirty_identifiers"}, ownerColumns, owners},
	} {
		if len(c.rows) == 0 && !b.in.DB.Dry() {
			continue
		}
		n, err := b.in.DB.CopyFrom(ctx, b.tx, c.table, c.columns, pgx.CopyFromRows(c.rows))
		if err != nil {
			return err
		}
		b.written += n
	}
	b.conversions, b.edges = b.conversions[:0], b.edges[:0]
	clear(b.sightings)
	return nil
}

// marksRows reports whether rows appended mark the stages after, one by one.
func (b *monthBuild) marksRows() bool { return !b.whole && !b.everything }

func owner(p sessionize.Pair) []any {
	if p.UserID != "" {
		return []any{p.UserID, ""}
	}
	return []any{"", p.AnonymousID}
}

func (b *monthBuild) visitRows() (visits, owners [][]any, err error) {
	month := b.month.Start()
	err = b.builder.Flush(func(p sessionize.Pair, list []sessionize.Visit) error {
		for i := range list {
			v := &list[i]
			visits = append(visits, []any{
				month, p.AnonymousID, p.UserID, v.Start.Time(), v.End.Time(), int32(v.Events), int32(v.Pages), sessionize.AppendMarks(nil, v),
			})
		}
		if b.marksRows() {
			owners = append(owners, owner(p))
		}
		return nil
	})
	if b.marksRows() {
		for _, c := range b.conversions {
			owners = append(owners, owner(sessionize.Pair{AnonymousID: c[1].(string), UserID: c[2].(string)}))
		}
	}
	return visits, owners, err
}

func (b *monthBuild) sightingRows() [][]any {
	month := b.month.Start()
	rows := make([][]any, 0, len(b.sightings))
	for k, s := range b.sightings {
		at, received := s.first.At.Time(), s.first.ReceivedAt.Time()
		rows = append(rows, []any{
			month, k.AnonymousID, k.UserID, k.alias, at, int16(s.first.Kind), received, s.first.Source, s.first.ID, s.server, s.ignored, s.rejected,
		})
		if b.marksRows() && k.UserID != "" && s.rejected == 0 {
			b.edges = append(b.edges, []any{k.AnonymousID, k.UserID, k.alias, false, at, int16(s.first.Kind), received, s.first.Source, s.first.ID})
		}
	}
	return rows
}

// finish marks what a whole month now holds, counts, and clears the worklist.
func (b *monthBuild) finish(ctx context.Context) error {
	month := b.month.Start()
	if b.whole {
		if err := b.markWhole(ctx); err != nil {
			return err
		}
	}
	d := b.data()
	d.Flag = b.whole
	if _, err := b.in.DB.Exec(ctx, b.tx, "02_sessionize/050_count.sql", d, pg.Args{
		"month": month, "in_visits": b.inVisits, "server": b.server, "ignored": b.ignored, "rejected": b.rejected,
	}); err != nil {
		return err
	}
	if err := b.exec(ctx, "070_clear_months.sql", pg.Args{"month": month}); err != nil {
		return err
	}
	return b.exec(ctx, "071_clear_pairs.sql", pg.Args{"month": month})
}
