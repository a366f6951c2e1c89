package check

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// A monthCount is where the events of one month went: as counted anew and as the
// counters have it.
type monthCount struct {
	Month               time.Time
	TakenIn, TakenInC   int64
	Visits, VisitsC     int64
	Server, ServerC     int64
	Ignored, IgnoredC   int64
	Bots, BotsC         int64
	Rejected, RejectedC int64
}

// recountMonths counts the events of every month anew. The counters are kept in the
// transactions that did the work, so this holds also while work waits; that every
// event is accounted for holds when none does.
func (v *verification) recountMonths(ctx context.Context) error {
	months, err := pg.Collect(ctx, v.db, v.tx, "09_check/070_recount_months.sql", pg.Data{}, nil, pgx.RowToStructByPos[monthCount])
	if err != nil {
		return err
	}
	counters := v.db.Names.Ops + ".counters"
	v.recount(months, "events taken in", "app_tracks", counters+".taken_in",
		func(m monthCount) (int64, int64) { return m.TakenIn, m.TakenInC })
	v.recount(months, "events in visits", "all_tracks", counters+".in_visits",
		func(m monthCount) (int64, int64) { return m.Visits, m.VisitsC })
	v.recount(months, "server events", "all_sightings", counters+".server",
		func(m monthCount) (int64, int64) { return m.Server, m.ServerC })
	v.recount(months, "ignored events", "all_sightings", counters+".ignored",
		func(m monthCount) (int64, int64) { return m.Ignored, m.IgnoredC })
	v.recount(months, "bot events left out", "all_sightings", counters+".bots",
		func(m monthCount) (int64, int64) { return m.Bots, m.BotsC })
	v.recount(months, "blocked events", "all_sightings", counters+".rejected",
		func(m monthCount) (int64, int64) { return m.Rejected, m.RejectedC })
	if !v.waits {
		v.recount(months, "every event accounted for", "app_tracks", "visits, server, ignored, bot and blocked events",
			func(m monthCount) (int64, int64) {
				return m.TakenIn, m.Visits + m.Server + m.Ignored + m.Bots + m.Rejected
			})
	}
	return nil
}

// recount compares two counts of every month.
func (v *verification) recount(months []monthCount, name, one, other string, of func(monthCount) (int64, int64)) {
	total, wrong := int64(0), []string(nil)
	for _, m := range months {
		a, b := of(m)
		total += a
		if a != b {
			wrong = append(wrong, fmt.Sprintf("%s: %d in %s, %d in %s", m.Month.UTC().Format("2006-01"), a, one, b, other))
		}
	}
	if len(wrong) > 0 {
		if more := len(wrong) - examples; more > 0 {
			wrong = append(wrong[:examples], fmt.Sprintf("and %d months more", more))
		}
		v.check(name, false, "%s", joined(wrong))
		return
	}
	v.check(name, true, "%d in %s, as in %s, in each of %s", total, one, other, plural(int64(len(months)), "month"))
}

// recountTotals counts events in sessions and signed-up persons anew.
func (v *verification) recountTotals(ctx context.Context) error {
	var inSessions, total, inVisits, signedUp, rows, without, beyond int64
	if err := v.statement(ctx, "080_recount_totals.sql", pg.Data{}, pg.Args{"signup": stages.Signup}, &inSessions, &total, &inVisits, &signedUp, &rows, &without, &beyond); err != nil {
		return err
	}
	n := v.db.Names
	v.check("events in sessions", inSessions == inVisits && inSessions == total,
		"%d in %s.all_sessions, %d in visits, %d in %s.totals", inSessions, n.Sessions, inVisits, total, n.Ops)
	text := fmt.Sprintf("%s, %s of %s.attribution", plural(signedUp, "person"), plural(rows, "row"), n.Sessions)
	if without+beyond > 0 {
		text += fmt.Sprintf("; %d signed up without a row, %d with a row without a signup", without, beyond)
	}
	v.check("signed-up persons", signedUp == rows && without+beyond == 0, "%s", text)
	return nil
}

// countSource counts the source's rows: each was taken in, or is a copy, or was
// rejected. That there are fewer is no fault of ours: a row deleted there, or loaded
// a second time under a new load time, remains counted here.
func (v *verification) countSource(ctx context.Context) error {
	tables, err := SourceTables(ctx, v.tx.Conn(), v.settings.Sources)
	if err != nil {
		return err
	}
	var all, taken, copies, rejected, forgotten int64
	var missing, beyond []string
	for _, t := range tables {
		var tk, cp, rj int64
		rows, fg, err := v.countTable(ctx, t)
		if err != nil {
			return err
		}
		key := pg.Args{"source": v.settings.Sources[t.SourceNumber-1], "kind": int16(t.KindNumber)}
		if err := v.statement(ctx, "065_count_accounted.sql", pg.Data{}, key, &tk, &cp, &rj); err != nil {
			return err
		}
		all, taken, copies, rejected = all+rows, taken+tk, copies+cp, rejected+rj
		forgotten += fg
		name := fmt.Sprintf("%s.%s", key["source"], event.Kind(t.KindNumber).Table())
		switch unknown := rows - tk - cp - rj - fg; {
		case unknown > 0:
			missing = append(missing, fmt.Sprintf("%d of %s", unknown, name))
		case unknown < 0:
			beyond = append(beyond, fmt.Sprintf("%d of %s", -unknown, name))
		}
	}
	text := fmt.Sprintf("%s at the source: %d taken in, %d copies, %d rejected", plural(all, "row"), taken, copies, rejected)
	if forgotten > 0 {
		text += fmt.Sprintf(", %d of forgotten persons", forgotten)
	}
	if len(missing) > 0 {
		text += "; unaccounted for: " + strings.Join(missing, ", ")
	}
	if len(beyond) > 0 {
		text += "; no longer there, or loaded again since: " + strings.Join(beyond, ", ")
	}
	v.check("source rows accounted for", len(missing) == 0, "%s", text)
	return nil
}

// countTable counts the rows of a source table, and those of them that are of
// forgotten persons.
func (v *verification) countTable(ctx context.Context, t SourceTable) (rows, forgotten int64, err error) {
	d := pg.Data{Source: t.Name, Columns: []pg.SourceItem{t.Time("uuid_ts"), t.Time("received_at")}, Forgets: v.pads != nil}
	args := pg.Args{"as_of": v.report.AsOf}
	if d.Forgets {
		for _, column := range []string{"anonymous_id", "user_id", "previous_id"} {
			d.Columns = append(d.Columns, t.identifier(column))
		}
		args["spaces"] = event.Whitespace
		maps.Copy(args, v.pads.Args())
		beside, err := pg.Collect(ctx, v.db, v.tx, "09_check/061_beside_forgotten.sql", d, args, pgx.RowTo[string])
		if err != nil {
			return 0, 0, err
		}
		args["absent"] = v.settings.Absent(beside)
	}
	err = v.statement(ctx, "060_count_source.sql", d, args, &rows, &forgotten)
	return rows, forgotten, err
}
