package stages

import (
	"context"
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// pageFields are the page URL and the referrer of a row of 020_read_events.sql: the
// page's context, on pages else its own properties.
func (b *monthBuild) pageFields(kind event.Kind, v [][]byte) (url, referrer string) {
	url, referrer = b.texts.text(v[9]), b.texts.text(v[11])
	if kind == event.Page {
		if url == "" {
			url = b.texts.text(v[10])
		}
		if referrer == "" {
			referrer = b.texts.text(v[12])
		}
	}
	return url, referrer
}

func (b *monthBuild) campaign(v [][]byte) channel.Campaign {
	return channel.Campaign{
		Source: b.texts.text(v[13]), Medium: b.texts.text(v[14]), Name: b.texts.text(v[15]), Term: b.texts.text(v[16]), Content: b.texts.text(v[17]),
	}
}

var (
	visitColumns      = []string{"received_month", "anonymous_id", "user_id", "started_at", "ended_at", "event_count", "page_count", "bot_count", "marks"}
	conversionColumns = []string{"received_month", "anonymous_id", "user_id", "conversion", "converted_at", "kind", "received_at", "source", "id", "event_text"}
	sightingColumns   = []string{
		"received_month", "anonymous_id", "user_id", "is_alias", "first_at", "first_kind", "first_received_at", "first_source", "first_id",
		"server_count", "ignored_count", "bot_count", "rejected_count",
	}
	edgeColumns  = []string{"anonymous_id", "user_id", "is_alias", "rebuild", "first_at", "first_kind", "first_received_at", "first_source", "first_id"}
	ownerColumns = []string{"user_id", "anonymous_id"}
)

// monthRows are the rows of a month to be written.
type monthRows struct {
	visits, conversions, sightings, edges, owners pg.Rows
}

func (o *monthRows) bytes() int64 {
	return o.visits.Bytes() + o.conversions.Bytes() + o.sightings.Bytes() + o.edges.Bytes() + o.owners.Bytes()
}

// flush writes what is in memory and empties it.
func (b *monthBuild) flush(ctx context.Context) error {
	if err := b.builder.Flush(func(p sessionize.Pair, visits []sessionize.Visit) error { return b.visitRows(ctx, p, visits) }); err != nil {
		return err
	}
	b.sightingRows()
	clear(b.pairs)
	clear(b.sightings)
	return b.send(ctx)
}

// send writes the rows gathered.
func (b *monthBuild) send(ctx context.Context) error {
	stages, ops := b.in.DB.Names.Stages, b.in.DB.Names.Ops
	partition := func(name string) pg.Table { return pg.Table{Schema: stages, Name: name}.Partition(b.month) }
	for _, c := range []struct {
		table   pg.Table
		columns []string
		frozen  bool // the table was emptied by this transaction
		rows    *pg.Rows
	}{
		{partition("all_tracks"), visitColumns, b.whole, &b.out.visits},
		{partition("all_conversions"), conversionColumns, b.whole, &b.out.conversions},
		{partition("all_sightings"), sightingColumns, b.whole, &b.out.sightings},
		{pg.Table{Schema: ops, Name: "dirty_edges"}, edgeColumns, false, &b.out.edges},
		{pg.Table{Schema: ops, Name: "dirty_identifiers"}, ownerColumns, false, &b.out.owners},
	} {
		n, err := b.in.DB.Copy(ctx, b.tx, c.table, c.columns, c.frozen, c.rows)
		if err != nil {
			return err
		}
		b.written += n
	}
	return nil
}

// marksRows reports whether rows appended mark the stages after, one by one.
func (b *monthBuild) marksRows() bool { return !b.whole && !b.everything }

// owner marks whoever owns what the pair did.
func (b *monthBuild) owner(p sessionize.Pair) {
	if b.marksRows() {
		b.ownerRow(p)
	}
}

func (b *monthBuild) ownerRow(p sessionize.Pair) {
	b.out.owners.Row(len(ownerColumns))
	b.out.owners.Text(p.UserID)
	if p.UserID != "" {
		p.AnonymousID = ""
	}
	b.out.owners.Text(p.AnonymousID)
}

// days is the month's first day, counted from 1970.
func (b *monthBuild) days() int32 {
	return int32(b.month.Start().Unix() / int64((24 * time.Hour).Seconds()))
}

func (b *monthBuild) visitRows(ctx context.Context, p sessionize.Pair, visits []sessionize.Visit) error {
	out, days := &b.out.visits, b.days()
	for i := range visits {
		v := &visits[i]
		out.Row(len(visitColumns))
		out.Date(days)
		out.Text(p.AnonymousID)
		out.Text(p.UserID)
		out.Timestamp(int64(v.Start))
		out.Timestamp(int64(v.End))
		out.Int4(int32(v.Events))
		out.Int4(int32(v.Pages))
		out.Int4(int32(v.Bots))
		out.Bytea(func(to []byte) []byte { return b.codec.Append(to, v) })
	}
	b.visits += int64(len(visits))
	b.owner(p)
	if !out.Full() {
		return nil
	}
	return b.send(ctx)
}

// reward writes down what conversions a track is, by its slug and its name as sent.
func (b *monthBuild) reward(p sessionize.Pair, o event.Order, name, text string) {
	byText, byName := b.rewards[text], b.rewards[name]
	for _, c := range byText {
		if text != "" {
			b.convert(p, c, o, text)
		}
	}
	for _, c := range byName {
		if name != "" && (text == "" || !slices.Contains(byText, c)) {
			b.convert(p, c, o, text)
		}
	}
}

func (b *monthBuild) convert(p sessionize.Pair, conversion string, o event.Order, text string) {
	b.conversions++
	out := &b.out.conversions
	out.Row(len(conversionColumns))
	out.Date(b.days())
	out.Text(p.AnonymousID)
	out.Text(p.UserID)
	out.Text(conversion)
	out.Timestamp(int64(o.At))
	out.Int2(int16(o.Kind))
	out.Timestamp(int64(o.ReceivedAt))
	out.Text(o.Source)
	out.Text(o.ID)
	out.TextOrNull(text)
	b.owner(p)
}

func (b *monthBuild) sightingRows() {
	keys := make([]sightingKey, 0, len(b.sightings))
	for k := range b.sightings {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(k, l sightingKey) int { return k.Compare(l.Pair) })
	days := b.days()
	for _, k := range keys {
		s := b.sightings[k]
		order := func(out *pg.Rows) {
			out.Timestamp(int64(s.first.At))
			out.Int2(int16(s.first.Kind))
			out.Timestamp(int64(s.first.ReceivedAt))
			out.Text(s.first.Source)
			out.Text(s.first.ID)
		}
		out := &b.out.sightings
		out.Row(len(sightingColumns))
		out.Date(days)
		out.Text(k.AnonymousID)
		out.Text(k.UserID)
		out.Bool(k.alias)
		order(out)
		out.Int4(s.server)
		out.Int4(s.ignored)
		out.Int4(s.bots)
		out.Int4(s.rejected)
		if b.marksRows() && k.UserID != "" && s.rejected == 0 {
			out := &b.out.edges
			out.Row(len(edgeColumns))
			out.Text(k.AnonymousID)
			out.Text(k.UserID)
			out.Bool(k.alias)
			out.Bool(false)
			order(out)
		}
	}
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
	if _, err := b.in.DB.Exec(ctx, b.tx, "02_sessionize/050_count.sql", d, pg.Args{
		"month": month, "in_visits": b.inVisits, "server": b.server, "ignored": b.ignored, "bots": b.bots, "rejected": b.rejected,
	}); err != nil {
		return err
	}
	if err := b.exec(ctx, "070_clear_months.sql", pg.Args{"month": month}); err != nil {
		return err
	}
	return b.exec(ctx, "071_clear_pairs.sql", pg.Args{"month": month})
}
