package faults_test

import (
	"fmt"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// smallWorld has two months of some forty persons, and a night on which every stage
// has work: new sessions, late rows of an old month, a lesser copy of a row taken in,
// an alias call, a visitor who signs up, one whom another user takes over, a kiosk.
func smallWorld() world.World {
	const persons = 40
	first := time.Date(2024, 1, 20, 8, 0, 0, 0, time.UTC)
	lastNight := time.Date(2024, 2, 18, 3, 0, 0, 0, time.UTC)
	tables := []world.Table{}
	for _, k := range []event.Kind{event.Page, event.Track, event.Identify, event.Alias} {
		tables = append(tables, world.Table{Kind: k, Columns: world.TableColumns(k)})
	}
	w := world.World{
		Seed:     2, // an even seed: tables without a primary key, since there are copies
		Sources:  []world.Source{{Schema: "website", Tables: tables}},
		AsOf:     []time.Time{lastNight, lastNight.Add(24 * time.Hour)},
		Settings: world.DefaultSettings(),
	}
	n := 0
	add := func(night int, k event.Kind, at, received time.Time, values map[string]string) {
		n++
		row := map[string]string{"id": fmt.Sprintf("r%04d", n)}
		text := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
		row["timestamp"], row["received_at"] = text(at), text(received)
		row["uuid_ts"] = text(w.AsOf[night].Add(-time.Hour))
		for c, v := range values {
			row[c] = v
		}
		w.Rows = append(w.Rows, world.Row{Kind: k, Night: night, Values: row})
	}
	device := func(i int) string { return fmt.Sprintf("device-%02d", i) }
	user := func(i int) string { return fmt.Sprintf("user-%02d", i) }
	sources := []string{"news", "google", "partner", ""}
	visit := func(night, i int, at time.Time, received time.Time) {
		url := "https://shop.example/"
		if s := sources[i%len(sources)]; s != "" {
			url += "?utm_source=" + s + "&utm_medium=" + []string{"email", "cpc"}[i/2%2]
		}
		add(night, event.Page, at, received, map[string]string{"anonymous_id": device(i), "context_page_url": url, "context_page_referrer": "https://www.google.com/"})
		add(night, event.Page, at.Add(3*time.Minute), received.Add(3*time.Minute), map[string]string{"anonymous_id": device(i), "context_page_url": "https://shop.example/blog/one"})
		add(night, event.Track, at.Add(5*time.Minute), received.Add(5*time.Minute), map[string]string{"anonymous_id": device(i), "event": "clicked", "event_text": "Clicked"})
	}
	for i := range persons {
		for v := range 4 + i%2 {
			at := first.Add(time.Duration(i*37+v*5*24*60) * time.Minute)
			visit(0, i, at, at)
			if v == 2 && i%3 == 0 {
				add(0, event.Track, at.Add(10*time.Minute), at.Add(10*time.Minute),
					map[string]string{"anonymous_id": device(i), "user_id": user(i), "event": "signed_up", "event_text": "Signed Up", "context_page_url": "https://shop.example/join"})
			}
		}
	}
	tonight := lastNight.Add(6 * time.Hour)
	for i := 0; i < persons; i += 4 { // come back
		visit(1, i, tonight.Add(time.Duration(i)*time.Minute), tonight.Add(time.Duration(i)*time.Minute))
	}
	for i := 1; i < persons; i += 9 { // late: of January by their own clock, and by reception
		visit(1, i, first.Add(50*time.Hour), tonight)
		visit(1, i+1, first.Add(60*time.Hour), first.Add(60*time.Hour))
	}
	for i := 1; i < 14; i += 6 { // sign up
		add(1, event.Track, tonight, tonight, map[string]string{"anonymous_id": device(i), "user_id": user(i), "event": "signed_up", "event_text": "Signed Up"})
	}
	add(1, event.Identify, first.Add(time.Minute), tonight, map[string]string{"anonymous_id": device(0), "user_id": user(39)}) // earlier than its own user
	add(1, event.Alias, tonight, tonight, map[string]string{"user_id": user(3), "previous_id": user(6)})
	add(1, event.Alias, tonight, tonight, map[string]string{"user_id": user(9), "previous_id": device(20)})
	for i := range 8 {
		add(1, event.Identify, tonight, tonight, map[string]string{"anonymous_id": device(5), "user_id": user(40 + i)})
	}
	// A copy of a row of the first night that was received before it, and one of tonight's.
	older := w.Rows[10]
	values := map[string]string{}
	for c, v := range older.Values {
		values[c] = v
	}
	values["received_at"] = "2024-01-20T07:00:00.000000Z"
	values["uuid_ts"] = w.AsOf[1].Add(-time.Hour).Format("2006-01-02T15:04:05.000000Z")
	w.Rows = append(w.Rows, world.Row{Kind: older.Kind, Night: 1, Values: values})
	w.Rows = append(w.Rows, w.Rows[len(w.Rows)-2])
	return w
}
