package report

import (
	"context"
	"fmt"

	"github.com/attribution-dev/attribution/internal/pg"
)

// A class is one of a histogram's.
type class struct {
	least float64
	name  string
}

// sessionClasses count sessions begun by the conversion; timeClasses are hours since the first touch.
var (
	sessionClasses = []class{{0, "0"}, {1, "1"}, {2, "2"}, {3, "3"}, {4, "4"}, {5, "5"}, {6, "6–10"}, {11, "11–20"}, {21, "21+"}}
	timeClasses    = []class{{0, "<1 hour"}, {1, "<1 day"}, {24, "1–7 days"}, {7 * 24, "7–30 days"}, {30 * 24, "30–90 days"}, {90 * 24, "90–365 days"}, {365 * 24, ">1 year"}}
)

// journey is how long it took.
func (r *reading) journey(ctx context.Context) (Section, error) {
	s := Section{ID: "journey", Title: "How long it took", Lead: r.nothing()}
	sessions, err := r.histogram(ctx, "12_report/080_sessions_before.sql", sessionClasses)
	if err != nil {
		return s, err
	}
	sessions.ID, sessions.Caption = "sessions_before", "Sessions begun by then"
	sessions.Columns[0] = Column{Key: "sessions", Title: "sessions"}
	hours, err := r.histogram(ctx, "12_report/081_time_before.sql", timeClasses)
	if err != nil {
		return s, err
	}
	hours.ID, hours.Caption = "time_before", "Time from the first touch"
	hours.Columns[0] = Column{Key: "time", Title: "time"}
	s.Tables = []Table{sessions, hours}
	if r.conversions > 0 {
		s.Lead = fmt.Sprintf("%s came on the first visit; %s within an hour of the first touch.", capital(Show(share(sessions, sessionClasses[1].name))), Show(share(hours, timeClasses[0].name)))
	}
	return s, nil
}

// share is a class' share.
func share(t Table, name string) any {
	for _, row := range t.Rows {
		if row[0] == Text(name) {
			return row[2]
		}
	}
	return nil
}

// histogram is conversions by class. The class before the first is that of conversions
// without a touch, and left out where there are none.
func (r *reading) histogram(ctx context.Context, file string, classes []class) (Table, error) {
	t := Table{Keys: 1, chart: "columns", sums: []string{"conversions"}, Columns: []Column{{}, {Key: "conversions", Title: r.noun()}, {Key: "share", Title: "share"}}, Empty: r.nothing()}
	bounds := make([]float64, len(classes))
	for i, c := range classes {
		bounds[i] = c.least
	}
	type bucket struct {
		Class int
		Count int64
	}
	found, err := rows[bucket](ctx, r, file, pg.Data{}, r.ofConversion(pg.Args{"bounds": bounds}))
	if err != nil || len(found) == 0 {
		return t, err
	}
	counts := make([]int64, len(classes)+1)
	for _, b := range found {
		counts[b.Class] += b.Count
	}
	add := func(name string, n int64) {
		t.Rows = append(t.Rows, []any{Text(name), Count(n), shareOf(n, r.conversions)})
	}
	for i, c := range classes {
		add(c.name, counts[i+1])
	}
	if counts[0] > 0 {
		add(NoTouch, counts[0])
	}
	return t, nil
}

// retention is who came back.
func (r *reading) retention(ctx context.Context) (Section, error) {
	s := Section{ID: "retention", Title: "Who came back", Lead: "Nobody signed up long enough ago in the period."}
	type cell struct {
		Channel         *string
		Week            int
		Signups, Active int64
	}
	cells, err := rows[cell](ctx, r, "12_report/090_retention.sql", pg.Data{}, r.args(nil))
	if err != nil {
		return s, err
	}
	sums := map[string]float64{}
	signups, active := map[string]map[int]int64{}, map[string]map[int]int64{}
	for _, c := range cells {
		sums[channelName(c.Channel)] += float64(c.Signups)
	}
	order, folded := fold(sums, charted)
	for _, c := range cells {
		for _, name := range []string{everybody, folded(channelName(c.Channel))} {
			if signups[name] == nil {
				signups[name], active[name] = map[int]int64{}, map[int]int64{}
			}
			signups[name][c.Week] += c.Signups
			active[name][c.Week] += c.Active
		}
	}
	t := Table{
		ID: "retention", Caption: "Signed-up persons with a session in the week so long after the signup, by channel of the first touch", Keys: 2, Across: true, chart: "returns", Empty: s.Lead, order: []string{"1", "4", "12", "26"},
		Columns: []Column{{Key: "channel", Title: "channel"}, {Key: "week", Title: "week"}, {Key: "signups", Title: "signups"}, {Key: "active", Title: "came back"}, {Key: "share", Title: "share"}},
	}
	for _, name := range append([]string{everybody}, order...) {
		for _, week := range []int{1, 4, 12, 26} {
			if n := signups[name][week]; n > 0 {
				t.Rows = append(t.Rows, []any{Text(name), Text(fmt.Sprint(week)), Count(n), Count(active[name][week]), shareOf(active[name][week], n)})
			}
		}
	}
	s.Tables = []Table{t}
	if n := signups[everybody][4]; n > 0 {
		s.Lead = fmt.Sprintf("%s of the signed-up were back in week 4.", Show(shareOf(active[everybody][4], n)))
	} else if len(t.Rows) > 0 {
		s.Lead = "Week 4 is still to come for all who signed up in the period."
	}
	return s, nil
}
