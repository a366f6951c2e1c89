package world

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// maxCopyDistance is how far apart all copies of an id are received, at most: less
// than any dedup_window, so that which of them are copies of each other does not
// depend on which came in first.
const maxCopyDistance = 30 * 24 * time.Hour

// legal says why no nightly run could be held to this world, or nil: rows loaded
// outside their night, copies too far apart, equal rows without an id on two nights.
func (w World) legal() error {
	type copyKey struct {
		source int
		kind   event.Kind
		id     string
	}
	first, last := map[copyKey]time.Time{}, map[copyKey]time.Time{}
	nights := map[string]int{}
	for i, r := range w.Rows {
		if err := w.legalNight(r); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		k := copyKey{r.Source, r.Kind, event.Trim(r.Values["id"])}
		if k.id == "" {
			text := fmt.Sprint(k.source, k.kind) + rowText(r)
			if night, seen := nights[text]; seen && night != r.Night {
				return fmt.Errorf("row %d: equal to a row without id of another night", i)
			}
			nights[text] = r.Night
			continue
		}
		received, ok := parseTime(r.Values["received_at"])
		if !ok {
			continue
		}
		if t, seen := first[k]; !seen || received.Before(t) {
			first[k] = received
		}
		if t, seen := last[k]; !seen || received.After(t) {
			last[k] = received
		}
		if last[k].Sub(first[k]) > maxCopyDistance {
			return fmt.Errorf("row %d: copies of %q more than %v apart", i, k.id, maxCopyDistance)
		}
	}
	return nil
}

// legalNight says why the row cannot have been loaded on its night, or nil.
func (w World) legalNight(r Row) error {
	if r.Night < 0 || r.Night >= len(w.AsOf) {
		return fmt.Errorf("night %d of %d", r.Night, len(w.AsOf))
	}
	column, earliest := "uuid_ts", time.Time{}
	if r.Night > 0 {
		earliest = w.AsOf[r.Night-1]
	}
	if !w.Sources[r.Source].HasLoadTime() {
		column, earliest = "received_at", w.AsOf[r.Night].Add(-nearNight)
	} else if _, ok := r.Values["uuid_ts"]; !ok {
		column = "received_at" // which then is the load time
	}
	at, ok := parseTime(r.Values[column])
	if !ok || at.After(w.AsOf[r.Night]) || !at.After(earliest) {
		return fmt.Errorf("%s %s is not of night %d", column, r.Values[column], r.Night)
	}
	return nil
}

// rowText is the row without uuid_ts, and without what no md5 of it holds.
func rowText(r Row) string {
	var b strings.Builder
	for _, c := range slices.Sorted(maps.Keys(r.Values)) {
		if c != "uuid_ts" && c != "context_user_agent" {
			fmt.Fprintf(&b, " %s=%q", c, r.Values[c])
		}
	}
	return b.String()
}

// Shuffled is the same rows arriving on other nights, in another order: all that can
// (a row of a source without uuid_ts stays near its received_at). Once every night
// is in, the tables must be those of w: between copies received at the same time the
// order of uuid_ts, which decides between them, is kept.
func (w World) Shuffled(seed uint64) World {
	r := rand.New(rand.NewPCG(seed, w.Seed))
	s := w.clone()
	r.Shuffle(len(s.Rows), func(i, j int) { s.Rows[i], s.Rows[j] = s.Rows[j], s.Rows[i] })
	for i := range s.Rows {
		s.move(i, r.IntN(len(s.AsOf)), s.loadTime(r, 0))
	}
	s.keepLoadOrder(w)
	return s
}

// move lets row i, and all its equals where it has no id, arrive on the night, if it
// can. Within is a time of the first night, of which the distance to that is kept.
func (w World) move(i, night int, within time.Time) {
	row := w.Rows[i]
	text := rowText(row)
	idless := event.Trim(row.Values["id"]) == ""
	for j := range w.Rows {
		o := &w.Rows[j]
		equal := idless && o.Source == row.Source && o.Kind == row.Kind && rowText(*o) == text
		if j != i && !equal {
			continue
		}
		moved := *o
		moved.Night = night
		moved.Values = maps.Clone(o.Values)
		if _, ok := o.Values["uuid_ts"]; ok {
			moved.Values["uuid_ts"] = formatTime(w.AsOf[night].Add(within.Sub(w.AsOf[0])))
		}
		if w.legalNight(moved) == nil {
			*o = moved
		}
	}
}

// tieKey says which rows uuid_ts decides between: copies received at the same time.
func tieKey(r Row) string {
	return fmt.Sprint(r.Source, " ", r.Kind, " ", event.Trim(r.Values["id"]), " ", r.Values["received_at"])
}

// keepLoadOrder gives the copies received at the same time, between which uuid_ts
// decides, their load times in the order they had in before.
func (w World) keepLoadOrder(before World) {
	ties := map[string][]Row{} // the rows as they were, by what ties them
	for _, r := range before.Rows {
		if event.Trim(r.Values["id"]) != "" && before.Sources[r.Source].HasLoadTime() {
			ties[tieKey(r)] = append(ties[tieKey(r)], r)
		}
	}
	places := map[string][]int{}
	for i, r := range w.Rows {
		places[tieKey(r)] = append(places[tieKey(r)], i)
	}
	for key, rows := range ties {
		byLoad := func(a, b Row) int { return strings.Compare(a.Values["uuid_ts"], b.Values["uuid_ts"]) }
		slices.SortStableFunc(rows, byLoad)
		now := make([]Row, len(rows))
		for i, place := range places[key] {
			now[i] = w.Rows[place]
		}
		slices.SortStableFunc(now, byLoad)
		if !keepable(rows, now) {
			now = rows
		}
		for i, place := range places[key] {
			// Rows loaded at the same time before are loaded at the same time again.
			at := i
			for at > 0 && byLoad(rows[at-1], rows[i]) == 0 {
				at--
			}
			r := Row{Source: rows[i].Source, Kind: rows[i].Kind, Night: now[at].Night, Values: maps.Clone(rows[i].Values)}
			if load, ok := now[at].Values["uuid_ts"]; ok {
				r.Values["uuid_ts"] = load
			}
			w.Rows[place] = r
		}
	}
}

// keepable reports whether the load times of now can be given to rows without
// making two equal that were not. Both are sorted by load time.
func keepable(rows, now []Row) bool {
	for i := range rows {
		if _, ok := rows[i].Values["uuid_ts"]; !ok {
			return false
		}
		if i > 0 && rows[i].Values["uuid_ts"] != rows[i-1].Values["uuid_ts"] && now[i].Values["uuid_ts"] == now[i-1].Values["uuid_ts"] {
			return false
		}
	}
	return true
}
