package report

import (
	"context"
	"fmt"

	"github.com/attribution-dev/attribution/internal/pg"
)

// campaigns is campaigns with money, where there is money.
func (r *reading) campaigns(ctx context.Context) (Section, error) {
	s := Section{ID: "campaigns", Title: "Campaigns"}
	type campaign struct {
		Kind                        int
		Campaign, Source, Medium    *string
		Conversions, Revenue, Spend float64
	}
	all, err := rows[campaign](ctx, r, "12_report/060_campaigns.sql", pg.Data{}, r.ofModel(pg.Args{"currency": r.o.Currency, "top": top}))
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
	best := ""
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
		if best == "" && c.Kind == 1 && c.Conversions > 0 {
			best = fmt.Sprintf("%s brought most: %s.", Cut(*c.Campaign, nameWidth), r.many(Credit(rounded(c.Conversions))))
		}
	}
	s.Tables = []Table{t}
	switch {
	case r.conversions == 0:
		s.Lead = r.nothing()
	case best == "":
		s.Lead = "No campaign earned any of the " + r.noun() + "."
	default:
		s.Lead = best
	}
	if best != "" && !r.hasSpend {
		s.Lead += " No spend is known, hence no CAC and no ROAS."
	}
	return s, nil
}

// pages is landing pages and blog posts with the worth of those they brought.
func (r *reading) pages(ctx context.Context) (Section, error) {
	s := Section{ID: "pages", Title: "Landing pages and blog posts"}
	currencies, rates := []string{r.o.Currency}, []float64{1}
	for c, rate := range r.o.Rates {
		currencies, rates = append(currencies, c), append(rates, rate)
	}
	args := pg.Args{"currency": r.o.Currency, "currencies": currencies, "rates": rates, "top": top}
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
			best = fmt.Sprintf("%s brought most: %s of the %s.", Cut(*p.Page, nameWidth), Show(shareOf(p.Conversions, float64(r.conversions))), r.noun())
		}
	}
	return t, best, err
}
