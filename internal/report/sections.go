package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/attribution-dev/attribution/internal/pg"
)

// everybody names the sum of all channels.
const everybody = "all"

// charted is how many channels a chart tells apart; the others are one.
const charted = 7

// noun is what is reported of, in the plural.
func noun(conversion string) string {
	if conversion == "signup" {
		return "signups"
	}
	return "“" + conversion + "” conversions"
}

func (r *reading) noun() string { return noun(r.o.Conversion) }

// nothing says that the period holds no conversion.
func (r *reading) nothing() string {
	return fmt.Sprintf("No %s from %s until before %s.", r.noun(), r.report.From, r.report.Until)
}

// headline is the numbers a reader asks for first.
func (r *reading) headline(ctx context.Context) (Section, error) {
	s := Section{ID: "headline", Title: "In short"}
	var origin, paid int64
	var sessions, days *float64
	err := r.row(ctx, "12_report/020_conversions.sql", r.ofConversion(nil), &r.conversions, &r.touched, &origin, &paid, &sessions, &days)
	if err != nil {
		return s, err
	}
	var visitors int64
	if err := r.row(ctx, "12_report/021_sessions.sql", r.args(nil), &r.people, &visitors, &r.bots); err != nil {
		return s, err
	}
	t := Table{ID: "headline", Caption: "Headline numbers", Keys: 1, Columns: []Column{
		{Key: "measure", Hidden: true}, {Key: "name", Title: "measure", Left: true}, {Key: "value", Title: "value"}, {Key: "note", Title: "note", Left: true},
	}}
	add := func(measure, name string, value any, note string) {
		t.Rows = append(t.Rows, []any{Text(measure), Text(name), value, Text(note)})
	}
	add("conversions", capital(r.noun()), Count(r.conversions), "")
	add("visitors", "Visitors", Count(visitors), "")
	add("sessions", "Sessions", Count(r.people), "")
	add("attributed_share", "Known origin", shareOf(origin, r.conversions), "of "+r.noun()+": any touch that is not direct")
	add("paid_share", "Touched by paid media", shareOf(paid, r.conversions), "of "+r.noun()+": any paid touch")
	add("median_sessions", "Sessions until then", optional(sessions), "median")
	add("median_days", "Days since the first touch", optional(days), "median")
	if err := r.money(ctx, &s, add); err != nil {
		return s, err
	}
	s.Tables = []Table{t}
	if r.conversions == 0 {
		s.Lead = r.nothing() + s.Lead
		return s, nil
	}
	s.Lead = fmt.Sprintf("%s %s; where they came from is known of %s.", Show(Count(r.conversions)), r.noun(), Show(shareOf(origin, r.conversions))) + s.Lead
	return s, nil
}

// money adds spend, revenue and what they give, where there is money.
func (r *reading) money(ctx context.Context, s *Section, add func(measure, name string, value any, note string)) error {
	type currency struct {
		Currency       string
		Revenue, Spend float64
	}
	all, err := rows[currency](ctx, r, "12_report/022_money.sql", pg.Data{}, r.ofModel(nil))
	if err != nil {
		return err
	}
	if len(all) > 0 && r.report.Currency == "" {
		r.report.Currency = all[0].Currency
	}
	for _, c := range all {
		if c.Currency != r.report.Currency {
			s.Lead += fmt.Sprintf(" Not counted, for want of a rate: %s %s of revenue and %s %s of spend.", Show(Amount(c.Revenue)), c.Currency, Show(Amount(c.Spend)), c.Currency)
			continue
		}
		r.hasSpend, r.hasRevenue = c.Spend != 0, c.Revenue != 0
		if r.hasSpend {
			add("spend", "Spend", Amount(rounded(c.Spend)), c.Currency)
			if r.conversions > 0 {
				add("cac", "Spend per conversion (CAC)", Amount(rounded(c.Spend/float64(r.conversions))), c.Currency+", over all "+r.noun())
			}
		}
		if r.hasRevenue {
			add("revenue", "Revenue", Amount(rounded(c.Revenue)), c.Currency)
		}
		if r.hasSpend && r.hasRevenue {
			add("roas", "Revenue per spend (ROAS)", Ratio(rounded(c.Revenue/c.Spend)), "over all "+r.noun())
		}
	}
	if !r.hasSpend && !r.hasRevenue {
		s.Lead += " No spend and no revenue is known of the period."
	}
	return nil
}

// overTime is conversions by time and channel.
func (r *reading) overTime(ctx context.Context) (Section, error) {
	unit := r.unit()
	s := Section{ID: "over_time", Title: capital(r.noun()) + " by " + unit}
	type cell struct {
		At      time.Time
		Channel *string
		Credit  float64
	}
	cells, err := rows[cell](ctx, r, "12_report/030_over_time.sql", pg.Data{}, r.ofModel(pg.Args{"unit": unit}))
	if err != nil {
		return s, err
	}
	type cut struct {
		at      time.Time
		channel string
	}
	sums, credits := map[string]float64{}, map[cut]float64{}
	for _, c := range cells {
		sums[channelName(c.Channel)] += c.Credit
	}
	order, folded := fold(sums, charted)
	for _, c := range cells {
		credits[cut{c.At.UTC(), folded(channelName(c.Channel))}] += c.Credit
	}
	t := Table{
		ID: "over_time", Caption: fmt.Sprintf("%s by %s and channel, %s", capital(r.noun()), unit, spaced(r.o.Model)), Keys: 2, Across: true, Totals: true,
		Columns: []Column{{Key: unit, Title: unit}, {Key: "channel"}, {Key: "conversions"}}, chart: "stack", order: order, Empty: r.nothing(),
	}
	if len(cells) > 0 {
		for _, at := range r.times(unit) {
			for _, channel := range order {
				t.Rows = append(t.Rows, []any{Text(at.Format(layouts[unit])), Text(channel), Credit(rounded(credits[cut{at, channel}]))})
			}
		}
	}
	s.Tables = []Table{t}
	if s.Lead = r.nothing(); r.conversions > 0 {
		s.Lead = fmt.Sprintf("%s earned most: %s of the %s.", order[0], Show(shareOf(sums[order[0]], float64(r.conversions))), r.noun())
	}
	return s, nil
}

// flow is first touch against last touch.
func (r *reading) flow(ctx context.Context) (Section, error) {
	s := Section{ID: "first_and_last", Title: "First touch and last touch", Lead: r.nothing()}
	type cell struct {
		First, Last *string
		Count       int64
	}
	cells, err := rows[cell](ctx, r, "12_report/040_flow.sql", pg.Data{}, r.ofConversion(nil))
	if err != nil {
		return s, err
	}
	sums, counts, same := map[string]float64{}, map[[2]string]int64{}, int64(0)
	for _, c := range cells {
		first, last := channelName(c.First), channelName(c.Last)
		sums[first] += float64(c.Count)
		sums[last] += float64(c.Count)
		if first == last && c.First != nil {
			same += c.Count
		}
	}
	order, folded := fold(sums, charted)
	for _, c := range cells {
		counts[[2]string{folded(channelName(c.First)), folded(channelName(c.Last))}] += c.Count
	}
	t := Table{
		ID: "first_and_last", Caption: capital(r.noun()) + " by the channel of the first touch (down) and of the last touch (across)", Keys: 2, Across: true, Totals: true,
		Columns: []Column{{Key: "first_channel", Title: "first touch"}, {Key: "last_channel"}, {Key: "conversions"}}, chart: "flow", order: order, Empty: r.nothing(),
	}
	for _, first := range order {
		for _, last := range order {
			if n := counts[[2]string{first, last}]; n > 0 {
				t.Rows = append(t.Rows, []any{Text(first), Text(last), Count(n)})
			}
		}
	}
	s.Tables = []Table{t}
	if r.touched > 0 {
		s.Lead = fmt.Sprintf("%s of those with a touch ended in the channel they began in; of the others, another one brought them back.", Show(shareOf(same, r.touched)))
	}
	return s, nil
}

// models is all models side by side.
func (r *reading) models(ctx context.Context) (Section, error) {
	s := Section{ID: "models", Title: "Ten models side by side", Lead: r.nothing()}
	type cell struct {
		Channel *string
		Model   string
		Credit  float64
	}
	cells, err := rows[cell](ctx, r, "12_report/050_models.sql", pg.Data{}, r.ofConversion(nil))
	if err != nil {
		return s, err
	}
	mine, credits := map[string]float64{}, map[[2]string]float64{}
	for _, c := range cells {
		channel := channelName(c.Channel)
		credits[[2]string{channel, c.Model}] += c.Credit
		mine[channel] += 1e-9 * c.Credit // among channels the model gives the same, those others give more come first
		if c.Model == r.o.Model {
			mine[channel] += c.Credit
		}
	}
	order, _ := fold(mine, len(mine))
	t := Table{
		ID: "models", Caption: capital(r.noun()) + " credited, by channel and model", Keys: 2, Across: true, Totals: true,
		Columns: []Column{{Key: "channel", Title: "channel"}, {Key: "model"}, {Key: "conversions"}}, chart: "range", order: Models(), Empty: r.nothing(),
	}
	widest, low, high := "", 0.0, 0.0
	for _, channel := range order {
		least, most := math.Inf(1), 0.0
		for _, model := range Models() {
			credit := rounded(credits[[2]string{channel, model}])
			t.Rows = append(t.Rows, []any{Text(channel), Text(model), Credit(credit)})
			if !partial[Text(model)] {
				least, most = min(least, credit), max(most, credit)
			}
		}
		if channel != NoTouch && most-least > high-low {
			widest, low, high = channel, least, most
		}
	}
	s.Tables = []Table{t}
	if widest != "" {
		s.Lead = fmt.Sprintf("The models that see all touches differ most about %s: %s to %s %s.", widest, Show(Credit(low)), Show(Credit(high)), r.noun())
	} else if r.conversions > 0 {
		s.Lead = "All models agree."
	}
	return s, nil
}

// campaigns is campaigns with money, where there is money.
func (r *reading) campaigns(ctx context.Context) (Section, error) {
	s := Section{ID: "campaigns", Title: "Campaigns"}
	type campaign struct {
		Kind                        int
		Campaign, Source, Medium    *string
		Conversions, Revenue, Spend float64
	}
	all, err := rows[campaign](ctx, r, "12_report/060_campaigns.sql", pg.Data{}, r.ofModel(pg.Args{"currency": r.report.Currency, "top": top}))
	if err != nil {
		return s, err
	}
	t := Table{
		ID: "campaigns", Caption: "Campaigns, " + spaced(r.o.Model), Keys: 3, chart: "bars", Empty: r.nothing(), sums: []string{"conversions", "revenue", "spend"},
		Columns: []Column{{Key: "campaign", Title: "campaign"}, {Key: "source", Title: "source"}, {Key: "medium", Title: "medium"}, {Key: "conversions", Title: r.noun()}},
	}
	for _, c := range []struct {
		has   bool
		title string
		key   string
	}{
		{r.hasRevenue, "revenue, " + r.report.Currency, "revenue"},
		{r.hasSpend, "spend, " + r.report.Currency, "spend"},
		{r.hasSpend, "CAC", "cac"},
		{r.hasSpend && r.hasRevenue, "ROAS", "roas"},
	} {
		if c.has {
			t.Columns = append(t.Columns, Column{Key: c.key, Title: c.title})
		}
	}
	named, best := 0, ""
	for _, c := range all {
		row := []any{rest(c.Kind, c.Campaign), textOf(c.Source), textOf(c.Medium), Credit(rounded(c.Conversions))}
		if r.hasRevenue {
			row = append(row, Amount(rounded(c.Revenue)))
		}
		if r.hasSpend {
			row = append(row, Amount(rounded(c.Spend)), costOf(c.Spend, c.Conversions))
		}
		if r.hasSpend && r.hasRevenue {
			row = append(row, quotient[Ratio](c.Revenue, c.Spend))
		}
		t.Rows = append(t.Rows, row)
		if c.Kind == 1 {
			if named++; named == 1 {
				best = fmt.Sprintf("%s brought most: %s %s.", Cut(*c.Campaign, 60), Show(Credit(rounded(c.Conversions))), r.noun())
			}
		}
	}
	s.Tables = []Table{t}
	switch {
	case named > 0:
		s.Lead = best
	case r.conversions > 0:
		s.Lead = "No campaign is known of the period."
	default:
		s.Lead = r.nothing()
	}
	if named > 0 && !r.hasSpend {
		s.Lead += " No spend is known, hence no CAC and no ROAS."
	}
	return s, nil
}

// pages is landing pages and blog posts with the worth of those they brought.
func (r *reading) pages(ctx context.Context) (Section, error) {
	s := Section{ID: "pages", Title: "Landing pages and blog posts"}
	currencies, rates := []string{r.report.Currency}, []float64{1}
	for c, rate := range r.o.Rates {
		currencies, rates = append(currencies, c), append(rates, rate)
	}
	args := pg.Args{"currency": r.report.Currency, "currencies": currencies, "rates": rates, "top": top}
	landing, best, err := r.pageTable(ctx, "landing_pages", "Landing pages of the touches, "+spaced(r.o.Model), "landing page", pg.Data{}, r.ofModel(args))
	if err != nil {
		return s, err
	}
	blogs, first, err := r.pageTable(ctx, "blog_posts", "First blog post read at or before the signup", "blog post", pg.Data{Flag: true}, r.ofConversion(args))
	s.Tables = []Table{landing, blogs}
	switch {
	case r.conversions == 0:
		s.Lead = r.nothing()
	case first != "":
		s.Lead = best + " Of blog posts: " + first
	default:
		s.Lead = best + " No blog post was read before."
	}
	return s, err
}

// pageTable is one table of pages, and a sentence on the first of them.
func (r *reading) pageTable(ctx context.Context, id, caption, title string, d pg.Data, args pg.Args) (Table, string, error) {
	t := Table{
		ID: id, Caption: caption, Keys: 1, chart: "bars", Empty: r.nothing(), sums: []string{"conversions", "revenue"},
		Columns: []Column{{Key: "page", Title: title}, {Key: "conversions", Title: r.noun()}, {Key: "share", Title: "share"}},
	}
	if r.hasRevenue {
		t.Columns = append(t.Columns, Column{Key: "revenue", Title: "revenue, " + r.report.Currency})
	}
	t.Columns = append(t.Columns, Column{Key: "later_sessions", Title: "later sessions each"})
	if r.o.Conversion == "signup" {
		t.Columns = append(t.Columns, Column{Key: "returned", Title: "back in week 4"})
	}
	type page struct {
		Kind                                           int
		Page                                           *string
		Conversions, Revenue, Later, OldEnough, Return float64
	}
	all, err := rows[page](ctx, r, "12_report/070_pages.sql", d, args)
	best := ""
	for _, p := range all {
		row := []any{rest(p.Kind, p.Page), Credit(rounded(p.Conversions)), shareOf(p.Conversions, float64(r.conversions))}
		if r.hasRevenue {
			row = append(row, Amount(rounded(p.Revenue)))
		}
		row = append(row, quotient[Number](p.Later, p.Conversions))
		if r.o.Conversion == "signup" {
			row = append(row, shareOf(p.Return, p.OldEnough))
		}
		t.Rows = append(t.Rows, row)
		if best == "" && p.Kind == 1 {
			best = fmt.Sprintf("%s brought most: %s of the %s.", Cut(*p.Page, 60), Show(shareOf(p.Conversions, float64(r.conversions))), r.noun())
		}
	}
	return t, best, err
}

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

// layouts write when a piece of time begins.
var layouts = map[string]string{"day": time.DateOnly, "week": time.DateOnly, "month": "2006-01", "year": "2006"}

// unit is how finely time is cut: so that there are some 5 to 60 pieces.
func (r *reading) unit() string {
	switch days := int(r.o.Until.Sub(r.o.From).Hours() / 24); {
	case days <= 31:
		return "day"
	case days <= 183:
		return "week"
	case days <= 5*366:
		return "month"
	}
	return "year"
}

// times are when the pieces begin that make up the period.
func (r *reading) times(unit string) (all []time.Time) {
	from := r.o.From.UTC()
	step := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	switch unit {
	case "week":
		from = from.AddDate(0, 0, -(int(from.Weekday())+6)%7)
		step = func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }
	case "month":
		from = from.AddDate(0, 0, 1-from.Day())
		step = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	case "year":
		from = time.Date(from.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		step = func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }
	}
	for t := from; t.Before(r.o.Until); t = step(t) {
		all = append(all, t)
	}
	return all
}

// fold keeps the n names of the greatest sums, in their order; folded is the name others
// go by. What had no touch comes last, never among the others.
func fold(sums map[string]float64, n int) (order []string, folded func(string) string) {
	for name := range sums {
		if name != NoTouch {
			order = append(order, name)
		}
	}
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
	others := len(order) > n+1 // one alone keeps its name
	kept := map[string]bool{NoTouch: true}
	if others {
		order = order[:n]
	}
	for _, name := range order {
		kept[name] = true
	}
	if others {
		order = append(order, Others)
	}
	if _, any := sums[NoTouch]; any {
		order = append(order, NoTouch)
	}
	return order, func(name string) string {
		if kept[name] {
			return name
		}
		return Others
	}
}

// channelName is a channel, or that there was no touch.
func channelName(channel *string) string {
	if channel == nil {
		return NoTouch
	}
	return *channel
}

// textOf is a text or nil.
func textOf(s *string) any {
	if s == nil {
		return nil
	}
	return Text(*s)
}

// rest is the name of a row: its own, or that of the others (2) or of none (3).
func rest(kind int, name *string) Text {
	switch kind {
	case 2:
		return Others
	case 3:
		return None
	}
	return Text(*name)
}

// optional is a number or nil.
func optional(f *float64) any {
	if f == nil {
		return nil
	}
	return Number(rounded(*f))
}

// costOf is spend / conversions; nil without either.
func costOf(spend, conversions float64) any {
	if spend == 0 {
		return nil
	}
	return quotient[Amount](spend, conversions)
}

// quotient is a / b; nil where b is 0.
func quotient[T ~float64](a, b float64) any {
	if b == 0 {
		return nil
	}
	return T(rounded(a / b))
}
