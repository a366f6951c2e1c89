package report

import (
	"cmp"
	"slices"
	"time"
)

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
	if _, untouched := sums[NoTouch]; untouched {
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
