package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/simulate"
)

// The columns written, in this order; of identities the first and previous_id.
var (
	commonColumns = []string{"source", "kind", "id", "received_at", "uuid_ts", "timestamp", "anonymous_id", "user_id", "extract_id"}
	trackColumns  = append(slices.Clone(commonColumns), "event", "event_text",
		"context_page_url", "url", "context_page_referrer", "referrer", "context_campaign_source", "context_campaign_medium",
		"context_campaign_name", "context_campaign_term", "context_campaign_content")
	identityColumns = append(slices.Clone(commonColumns), "previous_id")
)

// A target is one partition that is written.
type target struct {
	month      month.Month
	identities bool
}

// A straightBatch is rows for one partition.
type straightBatch struct {
	target
	rows *pg.Rows
}

// A straight writes events as stage 1 takes them in: the same partitions, counters and
// worklists.
type straight struct {
	*bench
	extract int64
	buffers map[target]*pg.Rows
	counts  map[month.Month]*monthCount
	rows    int64
	work    chan straightBatch
	free    chan *pg.Rows
	made    map[month.Month]bool // partitions made by this one, not attached yet
	have    map[month.Month]bool // partitions there were
}

// A monthCount is what stage 1 counts of a month's events.
type monthCount struct {
	newest event.Micros
	rows   int64
}

// writeStraight writes the rows of the days; duplicates and rows without identifiers,
// which stage 1 would have dropped, are left out.
func (b *bench) writeStraight(ctx context.Context, fromDay, toDay int, bar *progress.Progress) (int64, error) {
	s := &straight{
		bench: b, buffers: map[target]*pg.Rows{}, counts: map[month.Month]*monthCount{},
		work: make(chan straightBatch, 2), free: make(chan *pg.Rows, 8), made: map[month.Month]bool{}, have: map[month.Month]bool{},
	}
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	if err := b.db.Scan(ctx, conn, "01_extract/005_next_extract.sql", pg.Data{}, nil, &s.extract); err != nil {
		return 0, err
	}
	months, err := b.months(ctx)
	if err != nil {
		return 0, err
	}
	for _, m := range months {
		s.have[m] = true
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(s.work)
		return s.generate(groupCtx, fromDay, toDay, bar)
	})
	group.Go(func() error { return s.send(groupCtx, conn) })
	if err := group.Wait(); err != nil {
		return 0, err
	}
	if err := s.attach(ctx, conn); err != nil {
		return 0, err
	}
	return s.rows, s.mark(ctx, conn)
}

// generate makes the rows and cuts them into batches.
func (s *straight) generate(ctx context.Context, fromDay, toDay int, bar *progress.Progress) error {
	today := fromDay
	err := s.world.Each(ctx, fromDay, toDay, func(day int, r *simulate.Row) error {
		if day > today {
			bar.Add(int64(day - today))
			today = day
		}
		if r.IsDuplicate || r.AnonymousID == "" && r.UserID == "" {
			return nil
		}
		return s.add(ctx, r)
	})
	if err != nil {
		return err
	}
	for t := range s.buffers {
		if err := s.flush(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// add puts a row into the buffer of its partition.
func (s *straight) add(ctx context.Context, r *simulate.Row) error {
	t := target{month.OfMicros(r.ReceivedAt), !r.Kind.IsActivity()}
	b := s.buffers[t]
	if b == nil {
		b = &pg.Rows{}
		s.buffers[t] = b
	}
	appendRow(b, r, s.Settings.Sources[r.Source], s.extract)
	s.rows++
	if !t.identities {
		c := s.counts[t.month]
		if c == nil {
			c = &monthCount{}
			s.counts[t.month] = c
		}
		c.rows++
		c.newest = max(c.newest, r.ReceivedAt)
	}
	if b.Full() {
		return s.flush(ctx, t)
	}
	return nil
}

// flush hands a buffer to the sender.
func (s *straight) flush(ctx context.Context, t target) error {
	if s.buffers[t] == nil || s.buffers[t].Len() == 0 {
		return nil
	}
	batch := straightBatch{t, s.buffers[t]}
	select {
	case s.buffers[t] = <-s.free:
	default:
		s.buffers[t] = nil
	}
	select {
	case s.work <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// appendRow is a row in the order of the columns; which columns mean something on which
// kind is Segment's doing.
func appendRow(to *pg.Rows, r *simulate.Row, source string, extract int64) {
	columns := len(trackColumns)
	if !r.Kind.IsActivity() {
		columns = len(identityColumns)
	}
	to.Row(columns)
	to.Text(source)
	to.Int2(int16(r.Kind))
	to.Text(r.ID)
	to.Timestamp(int64(r.ReceivedAt))
	to.Timestamp(int64(r.UUIDTS))
	if r.HasTimestamp {
		to.Timestamp(int64(r.Timestamp))
	} else {
		to.Null()
	}
	to.Text(r.AnonymousID)
	to.Text(r.UserID)
	to.Int8(extract)
	if !r.Kind.IsActivity() {
		to.Text(r.PreviousID)
		return
	}
	to.TextOrNull(r.Event)
	to.TextOrNull(r.EventText)
	on := func(here bool, value string) {
		if !here {
			value = ""
		}
		to.TextOrNull(value)
	}
	on(!r.IsBare, r.URL)
	on(r.Kind == event.Page, r.URL)
	on(!r.IsBare, r.Referrer)
	on(r.Kind == event.Page, r.Referrer)
	for _, value := range []string{r.CampaignSource, r.CampaignMedium, r.CampaignName, r.CampaignTerm, r.CampaignContent} {
		to.TextOrNull(value)
	}
}

// send writes the batches, making partitions as they come.
func (s *straight) send(ctx context.Context, conn *pgxpool.Conn) error {
	for batch := range s.work {
		if !s.have[batch.month] && !s.made[batch.month] {
			for _, parent := range s.taken() {
				// Indexes are built when it is attached.
				_, err := conn.Exec(ctx, fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)", parent.Partition(batch.month).Ident(), parent.Ident()))
				if err != nil {
					return err
				}
			}
			s.made[batch.month] = true
		}
		into, columns := s.tracks(), trackColumns
		if batch.identities {
			into, columns = s.identities(), identityColumns
		}
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			_, err := s.db.Copy(ctx, tx, into.Partition(batch.month), columns, false, batch.rows)
			return err
		})
		if err != nil {
			return err
		}
		select {
		case s.free <- batch.rows:
		default:
		}
	}
	return ctx.Err()
}

// taken are the tables stage 1 writes, and derived those of stage 2 with the same
// months.
func (b *bench) taken() []pg.Table { return []pg.Table{b.tracks(), b.identities()} }

func (b *bench) derived() (tables []pg.Table) {
	for _, name := range []string{"all_tracks", "all_conversions", "all_sightings"} {
		tables = append(tables, pg.Table{Schema: b.Names.Stages, Name: name})
	}
	return tables
}

// partitions are the names of a table's partitions, in order.
func (b *bench) partitions(ctx context.Context, parent pg.Table) ([]string, error) {
	return pg.Collect(ctx, b.db, b.pool, "00_shared/010_list_partitions.sql", pg.Data{}, pg.Args{"schema": parent.Schema, "parent": parent.Name}, pgx.RowTo[string])
}

// attach attaches the months made, those between without any event too, and makes the
// partitions of stage 2 beside them.
func (s *straight) attach(ctx context.Context, conn *pgxpool.Conn) error {
	if len(s.made) == 0 {
		return nil
	}
	var all []month.Month
	for _, set := range []map[month.Month]bool{s.made, s.have} {
		for m := range set {
			all = append(all, m)
		}
	}
	for _, m := range slices.Min(all).Through(slices.Max(all)) {
		if s.have[m] {
			continue
		}
		for _, parent := range append(s.taken(), s.derived()...) {
			d := pg.Data{Table: parent.Partition(m).Ident(), Other: parent.Ident(), Month: m, Flag: parent.Schema == s.Names.Stages}
			files := []string{"020_create_partition.sql", "030_attach_partition.sql", "035_comment_partition.sql"}
			if s.made[m] && !d.Flag {
				files = files[1:]
			}
			for _, file := range files {
				if _, err := s.db.Exec(ctx, conn, "00_shared/"+file, d, nil); err != nil {
					return fmt.Errorf("month %s: %w", m, err)
				}
			}
		}
		_, err := s.db.Exec(ctx, conn, "01_extract/125_mark_month.sql", pg.Data{}, pg.Args{"month": m.Start(), "reason": "first rows of the month"})
		if err != nil {
			return err
		}
	}
	for _, parent := range s.taken() {
		if _, err := conn.Exec(ctx, "ANALYZE "+parent.Ident().String()); err != nil {
			return err
		}
	}
	return nil
}

// mark counts the events and puts down the pairs, as 140_mark_pairs.sql and 150_count.sql
// do for what came into the months that there were.
func (s *straight) mark(ctx context.Context, conn *pgxpool.Conn) error {
	var starts []time.Time
	var newest []time.Time
	var rows []int64
	for m, c := range s.counts {
		starts, newest, rows = append(starts, m.Start()), append(newest, c.newest.Time()), append(rows, c.rows)
	}
	_, err := conn.Exec(ctx, `
		INSERT INTO `+pg.MustIdent(s.Names.Ops, "counters").String()+` AS c (received_month, newest, taken_in)
		SELECT * FROM unnest($1::date[], $2::timestamptz[], $3::bigint[])
		ON CONFLICT (received_month) DO UPDATE SET newest = greatest(c.newest, excluded.newest), taken_in = c.taken_in + excluded.taken_in`,
		starts, newest, rows)
	if err != nil || len(s.have) == 0 {
		return err
	}
	pairs := make([]string, 0, 3)
	for _, from := range []struct {
		table pg.Table
		id    string
	}{{s.tracks(), "anonymous_id"}, {s.identities(), "anonymous_id"}, {s.identities(), "previous_id"}} {
		pairs = append(pairs, fmt.Sprintf("SELECT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date AS received_month, %s AS anonymous_id, user_id FROM %s WHERE extract_id = $1",
			from.id, from.table.Ident()))
	}
	_, err = conn.Exec(ctx, `
		INSERT INTO `+pg.MustIdent(s.Names.Ops, "dirty_pairs").String()+` (received_month, anonymous_id, user_id, rebuild, extract_id)
		SELECT i.received_month, i.anonymous_id, i.user_id, false, $1
		FROM (`+strings.Join(pairs, " UNION ")+`) AS i
		WHERE NOT EXISTS (SELECT FROM `+pg.MustIdent(s.Names.Ops, "dirty_months").String()+` AS d WHERE d.received_month = i.received_month)`, s.extract)
	return err
}
