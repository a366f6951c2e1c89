package report

import (
	"context"
	"fmt"
	"math"
	"strings"
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

// many is so many conversions in words: 1 signup.
func (r *reading) many(n any) string {
	if text := Show(n); text == "1" {
		return "1 " + strings.TrimSuffix(r.noun(), "s")
	}
	return Show(n) + " " + r.noun()
}

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
	s.Lead = fmt.Sprintf("%s; where they came from is known of %s.", r.many(Count(r.conversions)), Show(shareOf(origin, r.conversions))) + s.Lead
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
	if len(all) > 0 && r.o.Currency == "" {
		r.o.Currency = all[0].Currency
	}
	for _, c := range all {
		if c.Currency != r.o.Currency {
			s.Lead += fmt.Sprintf(" Not counted, for want of a rate: %s %s of revenue and %s %s of spend.", Show(Amount(c.Revenue)), c.Currency, Show(Amount(c.Spend)), c.Currency)
			continue
		}
		r.report.Currency, r.hasSpend, r.hasRevenue = c.Currency, c.Spend != 0, c.Revenue != 0
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
		s.Lead = fmt.Sprintf("%s of those with a touch ended in the channel they began in; another one brought the others back.", Show(shareOf(same, r.touched)))
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
		s.Lead = fmt.Sprintf("The models that see all touches differ most about %s: %s to %s.", widest, Show(Credit(low)), r.many(Credit(high)))
	} else if r.conversions > 0 {
		s.Lead = "All models agree."
	}
	return s, nil
}
