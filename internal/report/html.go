package report

import (
	_ "embed" // the page and its style
	"html/template"
	"io"
	"time"
)

//go:embed report.html
var pageText string

//go:embed report.css
var styleText string

// docs is the page that says more, a heading for each section.
const docs = "https://github.com/attribution-dev/attribution/blob/main/docs/reports.md"

// page is the HTML page, made of pageView.
var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"docs": func(id string) string { return docs + "#" + id },
}).Parse(pageText))

// A pageView is what the page shows.
type pageView struct {
	*Report
	Style     template.CSS
	Title     string
	Period    string
	ModelName string
	Cards     []card
	Sections  []sectionView
}

// A card is a headline number.
type card struct{ Name, Value, Note string }

// A sectionView is a section with its tables laid out.
type sectionView struct {
	Section
	Tables []tableView
}

// A tableView is a table laid out, with its chart.
type tableView struct {
	Table
	Grid   Grid
	Chart  *chart
	Titled bool // its caption is a heading already
	Folded bool // shown on demand, since the chart shows the same
}

// HTML writes the report as one page that needs nothing else: no script, no network.
func (r *Report) HTML(w io.Writer) error {
	v := pageView{Report: r, Style: template.CSS(styleText), Title: "Where " + noun(r.Conversion) + " came from", Period: r.period(), ModelName: spaced(r.Model)}
	paint := r.paint()
	for _, s := range r.Sections {
		if s.ID == "headline" {
			v.Cards = cards(s)
		}
		view := sectionView{Section: s}
		for _, t := range s.Tables {
			if s.ID == "headline" {
				break // its numbers are the cards
			}
			c := t.draw(paint)
			view.Tables = append(view.Tables, tableView{Table: t, Grid: t.Grid(), Chart: c, Titled: len(s.Tables) > 1, Folded: c != nil && t.ID != "campaigns"})
		}
		v.Sections = append(v.Sections, view)
	}
	return page.Execute(w, v)
}

// cards are the headline numbers.
func cards(s Section) (all []card) {
	for _, row := range s.Tables[0].Rows {
		all = append(all, card{Show(row[1]), Show(row[2]), Show(row[3])})
	}
	return all
}

// period is the first and the last day in words.
func (r *Report) period() string {
	day := func(d Day, add int) string {
		t, err := time.Parse(time.DateOnly, string(d))
		if err != nil {
			return string(d)
		}
		return t.AddDate(0, 0, add).Format("2 January 2006")
	}
	first, last := day(r.From, 0), day(r.Until, -1)
	if first == last {
		return first
	}
	return first + " to " + last
}
