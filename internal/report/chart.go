package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/attribution-dev/attribution/internal/model"
)

// A chart is an SVG picture of a table. Widths and horizontal places are percents, so that
// it is as wide as the page and its letters stay as large; heights are pixels.
type chart struct {
	Label   string // what it shows, for who does not see it
	Height  float64
	Legend  []swatch
	Ribbons []ribbon
	Rects   []rect
	Marks   []mark
	Texts   []text
}

// A swatch is a line of a legend.
type swatch struct {
	Paint int
	Mark  string // a shape in place of a colour
	Name  string
	Value string
}

// A rect is a bar; its paint is a colour with a hatch, so that colour is never the only signal.
type rect struct {
	X, W  float64 // percent
	Y, H  float64
	Paint int
	Tip   string
}

// A ribbon joins two bars; its path is in units of 100 by the height.
type ribbon struct {
	Path  string
	Paint int
	Tip   string
}

// A mark is a shape at a place: dot, square or diamond.
type mark struct {
	X     float64
	Y     float64
	Shape string
}

// A text is a label. Class minor hides it where the page is narrow.
type text struct {
	X, Y   float64
	Anchor string // start, middle or end
	Class  string
	Text   string
}

// The paints beside those of named channels.
const (
	paintOthers = 7
	paintNone   = 8
)

// barred is how many bars a chart of names has at most.
const barred = 10

// paint gives each channel one colour through all charts, in the order of the first.
func (r *Report) paint() func(name string) int {
	paints := map[string]int{Others: paintOthers, NoTouch: paintNone}
	next := 0
	for _, s := range r.Sections {
		for _, t := range s.Tables {
			if t.chart != "stack" && t.chart != "flow" {
				continue
			}
			for _, name := range t.order {
				if _, known := paints[name]; !known {
					paints[name] = next % paintOthers
					next++
				}
			}
		}
	}
	return func(name string) int { return paints[name] }
}

// draw is the table's chart; nil: it has none, or nothing to show.
func (t Table) draw(paint func(string) int) *chart {
	if len(t.Rows) == 0 {
		return nil
	}
	var c *chart
	switch t.chart {
	case "stack":
		c = t.stack(paint)
	case "flow":
		c = t.flow(paint)
	case "range":
		c = t.ranges()
	case "bars":
		c = t.bars()
	case "columns":
		c = t.columns(t.Rows, 1)
	case "returns":
		var rows [][]any
		for _, row := range t.Rows {
			if row[0] == Text(everybody) {
				rows = append(rows, []any{"week " + row[1].(Text), row[4]})
			}
		}
		c = t.columns(rows, 1)
	}
	if c == nil || len(c.Rects) == 0 {
		return nil
	}
	c.Label, c.Height = t.Caption+". All numbers are in the table.", math.Ceil(c.Height)
	return c
}

// short is a name a chart has room for.
func short(name any, width int) string { return Cut(string(name.(Text)), width) }

// The measures of columns, in pixels.
const (
	columnsTop, columnsHeight = 22.0, 200.0
	columnsBottom             = columnsTop + columnsHeight
)

// every says which of n columns has a label, where so many have room on a wide page and
// on a narrow one: class "" is on any page, "minor" on wide ones.
func every(i, n, wide, narrow int) (class string, ok bool) {
	wide = (n + wide - 1) / wide
	narrow = ((n+narrow-1)/narrow + wide - 1) / wide * wide
	switch {
	case i%narrow == 0:
		return "", true
	case i%wide == 0:
		return "minor", true
	}
	return "", false
}

// stack is columns by time, cut by channel.
func (t Table) stack(paint func(string) int) *chart {
	c := &chart{Height: columnsBottom + 40}
	var days []Text
	at, sums, totals := map[Text]int{}, map[Text]float64{}, map[Text]float64{}
	for _, row := range t.Rows {
		day := row[0].(Text)
		if _, found := at[day]; !found {
			at[day] = len(days)
			days = append(days, day)
		}
		sums[day] += number(row[2])
		totals[row[1].(Text)] += number(row[2])
	}
	most, all := 0.0, 0.0
	for _, sum := range sums {
		most, all = max(most, sum), all+sum
	}
	if most == 0 {
		return c
	}
	slot := min(100/float64(len(days)), 12)
	tops := make([]float64, len(days))
	for _, row := range t.Rows {
		i, h := at[row[0].(Text)], number(row[2])/most*columnsHeight
		if h == 0 {
			continue
		}
		tops[i] += h
		c.Rects = append(c.Rects, rect{
			X: (float64(i) + 0.12) * slot, W: 0.76 * slot, Y: columnsBottom - tops[i], H: h, Paint: paint(string(row[1].(Text))),
			Tip: fmt.Sprintf("%s, %s: %s", row[0], short(row[1], nameWidth), Show(row[2])),
		})
	}
	year := ""
	wide, narrow := 16, 6
	if unit := t.Columns[0].Key; unit == "month" || unit == "year" {
		wide, narrow = 24, 13 // "Feb" is short
	}
	for i, day := range days {
		class, ok := every(i, len(days), wide, narrow)
		if !ok {
			continue
		}
		x, anchor := (float64(i)+0.5)*slot, "middle"
		switch slim := len(days) > 8; { // no label leaves the chart
		case slim && i == 0:
			x, anchor = 0.12*slot, "start"
		case slim && i == len(days)-1:
			x, anchor = (float64(i)+0.88)*slot, "end"
		}
		label, of := t.dayLabel(string(day))
		c.Texts = append(c.Texts,
			text{(float64(i) + 0.5) * slot, columnsBottom - tops[i] - 6, "middle", strings.TrimSpace("value " + class), brief(sums[day])},
			text{x, columnsBottom + 18, anchor, class, label})
		if of != year && class == "" {
			year = of
			c.Texts = append(c.Texts, text{x, columnsBottom + 34, anchor, "muted", of})
		}
	}
	for _, name := range t.order {
		c.Legend = append(c.Legend, swatch{Paint: paint(name), Name: Cut(name, nameWidth), Value: Show(shareOf(totals[Text(name)], all))})
	}
	return c
}

// dayLabel is the day of a column as its axis shows it, and its year.
func (t Table) dayLabel(day string) (label, year string) {
	switch t.Columns[0].Key {
	case "year":
		return day, ""
	case "month":
		if at, err := time.Parse("2006-01", day); err == nil {
			return at.Format("Jan"), at.Format("2006")
		}
	default:
		if at, err := time.Parse(time.DateOnly, day); err == nil {
			return at.Format("2 Jan"), at.Format("2006")
		}
	}
	return day, ""
}

// brief is a number a column has room for.
func brief(f float64) string {
	for _, unit := range []struct {
		least float64
		name  string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if f >= unit.least {
			scale := map[string]float64{"G": 1e9, "M": 1e6, "k": 1e3}[unit.name]
			if f/scale < 10 {
				return grouped(f/scale, 1) + unit.name
			}
			return grouped(f/scale, 0) + unit.name
		}
	}
	if whole(f) {
		return grouped(f, 0)
	}
	return grouped(f, 1)
}

// columns is a histogram of the measure in a column of the rows.
func (t Table) columns(rows [][]any, measure int) *chart {
	const height = 150.0
	c := &chart{Height: columnsTop + height + 40}
	most := 0.0
	for _, row := range rows {
		most = max(most, number(row[measure]))
	}
	if most == 0 {
		return c
	}
	slot := min(100/float64(len(rows)), 16)
	for i, row := range rows {
		h := number(row[measure]) / most * height
		x := (float64(i) + 0.5) * slot
		c.Rects = append(c.Rects, rect{
			X: (float64(i) + 0.12) * slot, W: 0.76 * slot, Y: columnsTop + height - h, H: h,
			Tip: fmt.Sprintf("%s: %s", row[0], Show(row[measure])),
		})
		value := Show(row[measure])
		if n, ok := row[measure].(Count); ok {
			value = brief(float64(n))
		}
		c.Texts = append(c.Texts, text{x, columnsTop + height - h - 6, "middle", "value", value})
		for line, words := range strings.Fields(string(row[0].(Text))) {
			c.Texts = append(c.Texts, text{x, columnsTop + height + 18 + 15*float64(line), "middle", "axis", words})
		}
	}
	return c
}

// bars is a bar under each of the first names.
func (t Table) bars() *chart {
	c := &chart{}
	most := 0.0
	for _, row := range t.Rows {
		if row[0] != Text(Others) && row[0] != Text(None) {
			most = max(most, number(row[t.Keys]))
		}
	}
	for _, row := range t.Rows {
		if row[0] == Text(Others) || row[0] == Text(None) || len(c.Rects) == barred || number(row[t.Keys]) <= 0 {
			break
		}
		name := short(row[0], 38)
		if source, ok := row[min(1, t.Keys-1)].(Text); ok && t.Keys > 1 {
			name = short(row[0], 24) + " · " + Cut(string(source), 16)
		}
		y := float64(len(c.Rects)) * 40
		c.Rects = append(c.Rects, rect{X: 0, W: 100 * number(row[t.Keys]) / most, Y: y + 22, H: 10, Tip: fmt.Sprintf("%s: %s", short(row[0], nameWidth), Show(row[t.Keys]))})
		c.Texts = append(c.Texts, text{0, y + 15, "start", "", name}, text{100, y + 15, "end", "value", Show(row[t.Keys])})
	}
	c.Height = float64(len(c.Rects)) * 40
	return c
}

// partial are the models that see only paid touches: beside the others they would stretch
// every range to nothing.
var partial = map[Text]bool{Text(model.FirstPaid.String()): true, Text(model.LastPaid.String()): true}

// ranges is how far the models are apart about each channel.
func (t Table) ranges() *chart {
	c := &chart{Legend: []swatch{{Mark: "dot", Name: "first touch"}, {Mark: "square", Name: "last touch"}, {Mark: "diamond", Name: "linear"}, {Paint: 0, Name: "least to most of the eight models that see all touches"}}}
	type channel struct {
		name        Text
		least, most float64
		credits     map[Text]float64
	}
	var channels []*channel
	most := 0.0
	for _, row := range t.Rows {
		name, model, credit := row[0].(Text), row[1].(Text), number(row[2])
		if name == NoTouch || partial[model] {
			continue
		}
		if len(channels) == 0 || channels[len(channels)-1].name != name {
			channels = append(channels, &channel{name: name, least: math.Inf(1), credits: map[Text]float64{}})
		}
		last := channels[len(channels)-1]
		last.least, last.most, last.credits[model] = min(last.least, credit), max(last.most, credit), credit
		most = max(most, credit)
	}
	if most == 0 {
		return c
	}
	for i, ch := range channels[:min(len(channels), barred)] {
		y := float64(i) * 44
		place := func(credit float64) float64 { return 1 + 97*credit/most }
		c.Texts = append(c.Texts, text{0, y + 15, "start", "", short(ch.name, 34)}, text{100, y + 15, "end", "value", Show(Credit(ch.least)) + " – " + Show(Credit(ch.most))})
		c.Rects = append(c.Rects, rect{X: place(ch.least), W: max(0.4, place(ch.most)-place(ch.least)), Y: y + 24, H: 8, Tip: fmt.Sprintf("%s: %s to %s", ch.name, Show(Credit(ch.least)), Show(Credit(ch.most)))})
		for _, m := range []struct {
			model Text
			shape string
		}{{"last_touch", "square"}, {"linear", "diamond"}, {"first_touch", "dot"}} {
			c.Marks = append(c.Marks, mark{place(ch.credits[m.model]), y + 28, m.shape})
		}
		c.Height = y + 44
	}
	return c
}

// The measures of a flow: pixels of all bars together, the least between two labels, and
// the width of a bar in percent.
const flowHeight, flowPitch, flowBar = 300.0, 22.0, 2.5

// flow joins the channels of first touches on the left with those of last touches on the right.
func (t Table) flow(paint func(string) int) *chart {
	c := &chart{}
	all := 0.0
	var sides [2]map[Text]float64
	for side := range sides {
		sides[side] = map[Text]float64{}
	}
	for _, row := range t.Rows {
		n := number(row[2])
		all += n
		sides[0][row[0].(Text)] += n
		sides[1][row[1].(Text)] += n
	}
	scale := flowHeight / all
	var starts [2]map[Text]float64
	for side := range sides {
		starts[side] = map[Text]float64{}
		y := 26.0
		for _, name := range t.order {
			n := sides[side][Text(name)]
			if n == 0 {
				continue
			}
			h := n * scale
			starts[side][Text(name)] = y
			x, anchor, at := 0.0, "start", flowBar+1
			if side == 1 {
				x, anchor, at = 100-flowBar, "end", 99-flowBar
			}
			label := fmt.Sprintf("%s  %s", Cut(name, 18), grouped(n, 0))
			c.Rects = append(c.Rects, rect{X: x, W: flowBar, Y: y, H: h, Paint: paint(name), Tip: label})
			c.Texts = append(c.Texts, text{at, y + min(max(h/2, 0), 10) + 5, anchor, "over", label})
			y += max(h+6, flowPitch)
		}
		c.Height = max(c.Height, y)
	}
	c.Texts = append(c.Texts, text{0, 12, "start", "muted", "first touch"}, text{100, 12, "end", "muted", "last touch"})
	for _, row := range t.Rows {
		first, last, h := row[0].(Text), row[1].(Text), number(row[2])*scale
		a, b := starts[0][first], starts[1][last]
		starts[0][first] += h
		starts[1][last] += h
		c.Ribbons = append(c.Ribbons, ribbon{
			Path:  fmt.Sprintf("M%g,%.2f C50,%.2f 50,%.2f %g,%.2f V%.2f C50,%.2f 50,%.2f %g,%.2f Z", flowBar, a, a, b, 100-flowBar, b, b+h, b+h, a+h, flowBar, a+h),
			Paint: paint(string(first)), Tip: fmt.Sprintf("%s, then %s: %s", short(first, nameWidth), short(last, nameWidth), Show(row[2])),
		})
	}
	return c
}
