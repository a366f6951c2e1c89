package bench

import (
	"context"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// reference computes everything by plain SQL, from what was taken in, on one connection.
func (b *bench) reference(ctx context.Context) error {
	return b.phase(ctx, phaseReference, func(p *Phase) error {
		acquired, err := b.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		conn := acquired.Hijack() // it ends with its settings
		defer conn.Close(context.WithoutCancel(ctx))
		b.report.Reference = referenceSettings(b.report.Machine.Memory)
		for _, s := range set(b.report.Reference) {
			if _, err := conn.Exec(ctx, s); err != nil {
				return err
			}
		}
		last := b.Now()
		o := check.ReferenceOf(b.Settings)
		o.TakenIn, o.Published, o.DropUsed, o.Schema = b.Names.Segment, b.Names.Sessions, true, referenceSchema
		o.Observe = func(file string) {
			now := b.Now()
			b.report.Files = append(b.report.Files, File{Name: file, Seconds: now.Sub(last).Seconds()})
			last = now
		}
		err = check.Reference(ctx, conn, o)
		if err != nil {
			return err
		}
		p.Rows, err = b.takenIn(ctx)
		return err
	})
}

// floors read the columns of stage 2 and throw them away: nothing that reads the events
// over so many connections can be faster. The binary format comes first, so that the
// text's, which is the target's, finds the caches as warm as stage 2 does.
func (b *bench) floors(ctx context.Context) error {
	for _, floor := range []struct{ name, format string }{{phaseFloorBinary, " (FORMAT binary)"}, {phaseFloorText, ""}} {
		err := b.phase(ctx, floor.name, func(p *Phase) (err error) {
			p.Rows, err = b.readAll(ctx, floor.format)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readAll hands the months out to the connections.
func (b *bench) readAll(ctx context.Context, format string) (rows int64, err error) {
	months, err := b.months(ctx)
	if err != nil {
		return 0, err
	}
	work := make(chan month.Month, len(months))
	for _, m := range months {
		work <- m
	}
	close(work)
	read := make([]int64, b.Connections)
	group, ctx := errgroup.WithContext(ctx)
	for i := range b.Connections {
		group.Go(func() error {
			conn, err := b.pool.Acquire(ctx)
			if err != nil {
				return err
			}
			defer conn.Release()
			// As stage 2 reads: parallel workers besides cost twice the time on 2 cores.
			if _, err := conn.Exec(ctx, "SET max_parallel_workers_per_gather = 0"); err != nil {
				return err
			}
			defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "RESET max_parallel_workers_per_gather") }()
			for m := range work {
				statement, err := b.db.Templates.Render("02_sessionize/020_read_events.sql", pg.Data{Month: m, Full: true})
				if err != nil {
					return err
				}
				tag, err := conn.Conn().PgConn().CopyTo(ctx, io.Discard, "COPY (\n"+statement+"\n) TO STDOUT"+format)
				if err != nil {
					return err
				}
				read[i] += tag.RowsAffected()
			}
			return nil
		})
	}
	err = group.Wait()
	for _, n := range read {
		rows += n
	}
	return rows, err
}

// bareStageOne writes what stage 1 took in into tables of the same shape, partitions and
// indexes, by nothing but INSERT ... SELECT.
func (b *bench) bareStageOne(ctx context.Context) error {
	schema := pg.MustIdent(bareSchema).String()
	if _, err := b.pool.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return err
	}
	for _, parent := range []pg.Table{b.tracks(), b.identities()} {
		if err := b.twin(ctx, parent); err != nil {
			return fmt.Errorf("twin of %s: %w", parent.Ident(), err)
		}
	}
	err := b.phase(ctx, phaseBare, func(p *Phase) error {
		conn, err := b.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		tables, err := check.SourceTables(ctx, conn.Conn(), b.Settings.Sources)
		if err != nil {
			return err
		}
		for _, t := range tables {
			tag, err := conn.Exec(ctx, bareInsert(t), b.Settings.Sources[t.SourceNumber-1])
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			p.Rows += tag.RowsAffected()
		}
		return nil
	})
	if err == nil {
		_, err = b.pool.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
	}
	return err
}

// twin makes a table of the shape of another, with partitions for the same months.
func (b *bench) twin(ctx context.Context, parent pg.Table) error {
	twin := pg.Table{Schema: bareSchema, Name: parent.Name}
	months, err := b.months(ctx)
	if err != nil {
		return err
	}
	if _, err := b.pool.Exec(ctx, fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL) PARTITION BY RANGE (received_at)", twin.Ident(), parent.Ident())); err != nil {
		return err
	}
	for _, m := range months {
		_, err := b.pool.Exec(ctx, fmt.Sprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%s) TO (%s)", twin.Partition(m).Ident(), twin.Ident(), m.From(), m.To()))
		if err != nil {
			return err
		}
	}
	return nil
}

// bareInsert is the statement for one source table; $1 is the source.
func bareInsert(t check.SourceTable) string {
	identities := !event.Kind(t.KindNumber).IsActivity()
	target := pg.MustIdent(bareSchema, "app_tracks")
	columns := []string{
		"event", "event_text", "context_page_url", "url", "context_page_referrer", "referrer", "context_campaign_source",
		"context_campaign_medium", "context_campaign_name", "context_campaign_term", "context_campaign_content",
	}
	if identities {
		target, columns = pg.MustIdent(bareSchema, "app_identities"), nil
	}
	names := []string{"source", "kind", "id", "received_at", "uuid_ts", `"timestamp"`, "anonymous_id", "user_id", "extract_id"}
	notNull := func(column string) string { return "coalesce(" + t.Text(column).Expr() + ", '')" }
	items := []string{
		"$1::text", fmt.Sprint(t.KindNumber), notNull("id"), t.Time("received_at").Expr(), t.Time("uuid_ts").Expr(), t.Time("timestamp").Expr(),
		notNull("anonymous_id"), notNull("user_id"), "1",
	}
	for _, c := range columns {
		names, items = append(names, c), append(items, t.Text(c).Expr())
	}
	if identities {
		names, items = append(names, "previous_id"), append(items, notNull("previous_id"))
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS t", target, strings.Join(names, ", "), strings.Join(items, ", "), t.Name)
}
