package report

import (
	"context"
	"fmt"
	"time"

	"github.com/attribution-dev/attribution/internal/pg"
)

// quality is what a reader should know of the data before believing the rest.
func (r *reading) quality(ctx context.Context) (Section, error) {
	s := Section{ID: "quality", Title: "How good the data are"}
	t := Table{ID: "quality", Caption: "Data quality", Keys: 1, Columns: []Column{
		{Key: "check", Hidden: true}, {Key: "name", Title: "what", Left: true}, {Key: "count", Title: "count"}, {Key: "of", Title: "of"}, {Key: "share", Title: "share"}, {Key: "note", Title: "what it means", Left: true},
	}}
	add := func(check, name string, n, of int64, note string) {
		t.Rows = append(t.Rows, []any{Text(check), Text(name), Count(n), Count(of), shareOf(n, of), Text(note)})
	}
	add("unattributed", capital(r.noun())+" without a touch", r.conversions-r.touched, r.conversions, "No session of theirs is known: blocked scripts, or sent by a back end")
	add("bots", "Sessions of known crawlers", r.bots, r.bots+r.people, "Left out of sessions and visitors above")

	// Each is read only where the role may; else the row says so.
	var a, b, c int64
	for _, check := range []struct {
		file  string
		args  pg.Args
		dest  []any
		names []string // of the rows it would add
		add   func()
	}{
		{"12_report/100_devices.sql", nil, []any{&a, &b, &c}, []string{"shared_devices", "cut_devices"}, func() {
			add("shared_devices", "Shared devices", b, a, "Kiosks, test machines: persons of their own, joined to nobody. All time")
			add("cut_devices", "Devices cut from an identity too large", c, a, "See identity.max_component_size. All time")
		}},
		{"12_report/101_changes.sql", nil, []any{&a, &b}, []string{"changed_persons"}, func() {
			add("changed_persons", "Users who became another person", b, a, "Their alias_id changed: join by aliases.user_ids. All time")
		}},
		{"12_report/102_rows.sql", r.args(nil), []any{&a, &b, &c}, []string{"rejected_rows", "duplicate_rows"}, func() {
			add("rejected_rows", "Rows rejected", b, a+b+c, "No identifier, no believable time, or too long: kept in rejected_rows")
			add("duplicate_rows", "Copies of rows", c, a+b+c, "Sent twice; one of them counts")
		}},
		{"12_report/103_late.sql", nil, []any{&a, &b}, []string{"late_events"}, func() {
			add("late_events", "Events that came over a day late", b, a, "They change past numbers. All time")
		}},
	} {
		allowed, err := r.allowed(ctx, func() error { return r.row(ctx, check.file, check.args, check.dest...) })
		if err != nil {
			return s, err
		}
		if allowed {
			check.add()
			continue
		}
		for _, name := range check.names {
			t.Rows = append(t.Rows, []any{Text(name), Text(capital(spaced(name))), nil, nil, nil, Text("Not shown: the role of this report may not read it")})
		}
	}
	fresh, err := r.freshness(ctx)
	s.Tables = []Table{t, fresh}
	s.Lead = "Nothing was published yet."
	if r.report.Newest != nil {
		s.Lead = fmt.Sprintf("All events received until %s UTC are in.", r.report.Newest.UTC().Format("2006-01-02 15:04"))
	}
	return s, err
}

// freshness is what was published when.
func (r *reading) freshness(ctx context.Context) (Table, error) {
	t := Table{ID: "freshness", Caption: "Published tables (UTC)", Keys: 1, Empty: "Nothing was published yet.", Columns: []Column{
		{Key: "table", Title: "table"}, {Key: "run", Title: "run"}, {Key: "newest_event", Title: "newest event", Left: true}, {Key: "published_at", Title: "published", Left: true},
	}}
	type published struct {
		Table       string
		Run         int64
		Newest      *time.Time
		PublishedAt time.Time
	}
	all, err := rows[published](ctx, r, "12_report/110_freshness.sql", pg.Data{}, nil)
	for _, p := range all {
		newest := any(nil)
		if p.Newest != nil {
			newest = Text(p.Newest.UTC().Format("2006-01-02 15:04"))
		}
		t.Rows = append(t.Rows, []any{Text(p.Table), Count(p.Run), newest, Text(p.PublishedAt.UTC().Format("2006-01-02 15:04"))})
	}
	return t, err
}
