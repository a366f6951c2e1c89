package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Show is a cell as people read it; "–" is not known.
func Show(cell any) string {
	switch v := cell.(type) {
	case Text:
		return string(v)
	case Count:
		return grouped(float64(v), 0)
	case Credit:
		if whole(float64(v)) {
			return grouped(float64(v), 0)
		}
		return grouped(float64(v), 1)
	case Share:
		return grouped(100*float64(v), 1) + " %"
	case Number:
		return grouped(float64(v), 1)
	case Ratio:
		return grouped(float64(v), 2)
	case Amount:
		return grouped(float64(v), 2)
	}
	return "–"
}

// whole reports whether a credit is a number of conversions, as of models that share none.
func whole(f float64) bool { return math.Abs(f-math.Round(f)) < 1e-6 }

// grouped writes a number with separators: 1,234.5.
func grouped(f float64, decimals int) string {
	text := strconv.FormatFloat(f, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	digits, rest, _ := strings.Cut(text, ".")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if rest != "" {
		rest = "." + rest
	}
	return sign + digits + rest
}

// number is a cell as charts draw it.
func number(cell any) float64 {
	switch v := cell.(type) {
	case Count:
		return float64(v)
	case Credit:
		return float64(v)
	case Share:
		return float64(v)
	case Number:
		return float64(v)
	case Ratio:
		return float64(v)
	case Amount:
		return float64(v)
	}
	return 0
}

// Cut shortens a name to so many characters as people count them, the last of them "…"
// where something is missing. Control characters become spaces.
func Cut(name string, width int) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, name)
	kept, count := 0, 0
	for g := uniseg.NewGraphemes(name); g.Next(); count++ {
		if count == width {
			return name[:kept] + "…"
		}
		if _, end := g.Positions(); count < width-1 {
			kept = end
		}
	}
	return name
}

// spaced is a name of programs as words.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// capital is a text with its first letter a capital.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// A Grid is a table as people read it: hidden columns left out, the second key of one
// Across across, with totals, and every cell a text.
type Grid struct {
	Columns []Column
	Keys    int
	Rows    [][]string
	// Total is the last row, the sums; nil: none.
	Total []string
	// Full are the cells of Rows as they are where Rows has them shortened, else empty.
	Full [][]string
}

// nameWidth is how many characters of a name are shown.
const nameWidth = 60

// Grid lays the table out.
func (t Table) Grid() Grid {
	if t.Across {
		t = t.across()
	} else {
		t = t.summed()
	}
	g := Grid{}
	var shown []int
	for i, c := range t.Columns {
		if !c.Hidden {
			shown = append(shown, i)
			c.Left = c.Left || i < t.Keys
			g.Columns = append(g.Columns, c)
			if i < t.Keys {
				g.Keys++
			}
		}
	}
	g.Keys = max(g.Keys, 1)
	decimals := t.decimals()
	for _, row := range t.Rows {
		cells, full := make([]string, len(shown)), make([]string, len(shown))
		for j, i := range shown {
			cells[j] = Show(row[i])
			switch v := row[i].(type) {
			case Credit:
				cells[j] = grouped(float64(v), decimals[i])
			case Text:
				if i < t.Keys {
					if cells[j] = Cut(string(v), nameWidth); cells[j] != string(v) {
						full[j] = string(v)
					}
				}
			}
		}
		g.Rows, g.Full = append(g.Rows, cells), append(g.Full, full)
	}
	if t.Totals && len(g.Rows) > 0 {
		last := len(g.Rows) - 1
		g.Total, g.Rows, g.Full = g.Rows[last], g.Rows[:last], g.Full[:last]
	}
	return g
}

// decimals are those of the credits of each column: none where all are whole.
func (t Table) decimals() []int {
	all := make([]int, len(t.Columns))
	for _, row := range t.Rows {
		for i, cell := range row {
			if c, ok := cell.(Credit); ok && !whole(float64(c)) {
				all[i] = 1
			}
		}
	}
	return all
}

// across is a table of two keys with the second across, in its order: its measure, and
// the sums last; or, of one without totals, the share and of how many.
func (t Table) across() Table {
	wide := t
	wide.Across, wide.Keys, wide.Rows = false, 1, nil
	wide.Columns = []Column{t.Columns[0]}
	place := map[any]int{}
	for _, name := range t.order {
		place[Text(name)] = len(wide.Columns)
		switch t.Columns[1].Key {
		case "week":
			wide.Columns = append(wide.Columns, Column{Key: name, Title: "week " + name})
		case "model":
			wide.Columns = append(wide.Columns, Column{Key: name, Title: spaced(name)})
		default:
			wide.Columns = append(wide.Columns, Column{Key: name, Title: Cut(name, nameWidth)})
		}
	}
	sums := t.Totals && t.Columns[1].Key != "model" // those over models would have no meaning
	if sums {
		wide.Columns = append(wide.Columns, Column{Key: "total", Title: "total"})
	}
	var zero any
	if t.Totals && len(t.Rows) > 0 {
		zero = none(t.Rows[0][2])
	}
	empty := func(name Text) []any {
		row := slices.Repeat([]any{zero}, len(wide.Columns))
		row[0] = name
		return row
	}
	totals, at := empty("total"), map[any]int{}
	for _, cells := range t.Rows {
		i, found := at[cells[0]]
		if !found {
			i = len(wide.Rows)
			at[cells[0]] = i
			wide.Rows = append(wide.Rows, empty(cells[0].(Text)))
		}
		j := place[cells[1]]
		if !t.Totals {
			wide.Rows[i][j] = Text(Show(cells[4]) + " of " + Show(cells[2]))
			continue
		}
		for _, row := range [][]any{wide.Rows[i], totals} {
			row[j] = plus(row[j], cells[2])
			if sums {
				row[len(row)-1] = plus(row[len(row)-1], cells[2])
			}
		}
	}
	if t.Totals && len(wide.Rows) > 0 {
		wide.Rows = append(wide.Rows, totals)
	}
	return wide
}

// summed is the table with the sums of its columns last.
func (t Table) summed() Table {
	if len(t.sums) == 0 || len(t.Rows) == 0 {
		return t
	}
	total := make([]any, len(t.Columns))
	for i := range total {
		if total[i] = Text(""); i == 0 {
			total[i] = Text("total")
		}
		if !slices.Contains(t.sums, t.Columns[i].Key) {
			continue
		}
		total[i] = none(t.Rows[0][i])
		for _, row := range t.Rows {
			total[i] = plus(total[i], row[i])
		}
	}
	t.Rows, t.Totals = append(slices.Clone(t.Rows), total), true
	return t
}

// none is the zero of a cell's type.
func none(cell any) any {
	switch cell.(type) {
	case Count:
		return Count(0)
	case Amount:
		return Amount(0)
	}
	return Credit(0)
}

// plus adds two cells of one type.
func plus(a, b any) any {
	switch a := a.(type) {
	case Count:
		return a + b.(Count)
	case Amount:
		return Amount(rounded(float64(a + b.(Amount))))
	}
	return Credit(rounded(float64(a.(Credit) + b.(Credit))))
}
