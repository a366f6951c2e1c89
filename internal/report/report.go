// Package report reads the published tables into one value, Report, and writes it as
// JSON, CSV and HTML. Every writer shows the same value, so a number is the same in each.
package report

import (
	"encoding/json"
	"math"
	"time"

	"github.com/attribution-dev/attribution/internal/model"
)

// A Report is what "attribution report" shows of one period, conversion and model.
type Report struct {
	From       Day    `json:"from"`       // first UTC day of the period
	Until      Day    `json:"until"`      // the day after its last
	Conversion string `json:"conversion"` // signup, or a name given in conversions
	Model      string `json:"model"`      // one of Models
	Currency   string `json:"currency"`   // of all money; empty where there is none
	// Newest is until when events are published; nil: nothing was published yet.
	Newest   *time.Time `json:"newest_event"`
	Sections []Section  `json:"sections"`
}

// A Section is one question and its answer.
type Section struct {
	ID    string `json:"id"` // also the anchor in docs/reports.md
	Title string `json:"title"`
	// Lead is the answer in a sentence or, where there is none, why.
	Lead string `json:"lead"`
	// Counted says how the numbers are counted, a sentence each.
	Counted []string `json:"how_counted"`
	Tables  []Table  `json:"tables"`
}

// A Table is numbers under names.
type Table struct {
	ID      string
	Caption string
	Columns []Column
	// Keys is how many of the columns, from the first, name a row.
	Keys int
	// Rows hold one cell a column: Text, Count, Credit, Share, Number, Ratio, Amount, or nil for what is not known.
	Rows [][]any
	// Across tables have two keys: to be shown with the first down and the second across.
	Across bool
	// Totals: shown across, the last row and column are sums.
	Totals bool
	// Empty is shown in place of a table without rows.
	Empty string

	chart string   // one of the charts of HTML, or none
	order []string // of what is across
	sums  []string // keys of the columns that a total is shown of
}

// A Column is one column of a table.
type Column struct {
	Key    string // in JSON and CSV
	Title  string
	Left   bool // a text
	Hidden bool // for programs: not shown in tables for people
}

// What cells are.
type (
	// Text is a name, a date or a sentence.
	Text string
	// Count is a number of things.
	Count int64
	// Credit is conversions shared by a model.
	Credit float64
	// Share is a part of a whole, 0 to 1.
	Share float64
	// Number is a measure such as days.
	Number float64
	// Ratio is one sum by another.
	Ratio float64
	// Amount is money in the report's currency.
	Amount float64
	// Day is a UTC day, 2006-01-02.
	Day string
)

// What is no name found in the data.
const (
	// NoTouch names the credit that no touch can have.
	NoTouch = "(no touch)"
	// Others names the sum of what is not listed.
	Others = "(others)"
	// None names what is absent.
	None = "(none)"
)

// Models are the names of the attribution models, in the order they are shown.
func Models() (names []string) {
	for _, m := range model.All() {
		names = append(names, m.String())
	}
	return names
}

// MarshalJSON gives the rows as objects by the columns' keys.
func (t Table) MarshalJSON() ([]byte, error) {
	rows := make([]map[string]any, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = map[string]any{}
		for j, c := range t.Columns {
			rows[i][c.Key] = row[j]
		}
	}
	return json.Marshal(struct {
		ID      string           `json:"id"`
		Caption string           `json:"caption"`
		Rows    []map[string]any `json:"rows"`
	}{t.ID, t.Caption, rows})
}

// dayOf is the UTC day of a time.
func dayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// rounded drops the digits in which sums of floats differ with the order of their parts.
func rounded(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// shareOf is a part of a whole; nil of nothing.
func shareOf[N ~int64 | ~float64](part, whole N) any {
	if whole == 0 {
		return nil
	}
	return Share(rounded(float64(part) / float64(whole)))
}
