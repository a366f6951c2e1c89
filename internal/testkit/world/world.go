// Package world makes seeded, small, deliberately nasty worlds of raw Segment rows
// that arrive over a few nights, for the property tests: whatever way the rows are
// worked through, the published tables must come out the same.
package world

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
)

// A World is raw rows in the tables of one or two sources, the nights on which they
// arrive, and the settings to run under.
type World struct {
	Seed     uint64
	Sources  []Source
	Rows     []Row
	Orders   []Order
	AsOf     []time.Time // of each night, rising
	Settings Settings
}

// Settings are those of the pipeline that change its results, as in its
// configuration file.
type Settings struct {
	SignupEvents, IgnoreEvents, Blocked []string
	Gap, Lookback, DedupWindow          time.Duration
	Policy                              string
	MaxUsersPerAnonymousID              int
	MaxComponentSize                    int
	UseAliasCalls                       bool
	ExcludeBots                         bool

	Purchases    bool                     // order_completed is a conversion, with a value
	EachPurchase bool                     // each one
	Traits       []string                 // columns of identifies
	Lookbacks    map[string]time.Duration // by model
	HalfLife     time.Duration
	MarkovOrder  int
	MarkovNulls  bool
}

// Purchase is the conversion that Settings.Purchases counts, and OrderEvents its tracks.
const Purchase = "purchase"

// OrderEvents are the names of a purchase, and the last the table of its orders.
var OrderEvents = []string{"Order Completed", "order_completed"}

// An Order is a row of the table order_completed: what a track of that id is worth.
type Order struct {
	Source, Night                         int
	ID, ReceivedAt, Load, Value, Currency string // Load: "" where the source has no uuid_ts
}

// DefaultSettings are the pipeline's own defaults.
func DefaultSettings() Settings {
	return Settings{
		SignupEvents: []string{"Signed Up", "signed_up", "signed-up", "User Signed Up"},
		Blocked: []string{
			"null", "undefined", "none", "anonymous", "-1", "0", "00000000-0000-0000-0000-000000000000",
		},
		Gap:                    20 * time.Minute,
		DedupWindow:            840 * time.Hour,
		Policy:                 "first",
		MaxUsersPerAnonymousID: 5,
		MaxComponentSize:       1000,
		UseAliasCalls:          true,
		HalfLife:               7 * 24 * time.Hour,
		MarkovOrder:            1,
		MarkovNulls:            true,
	}
}

// A Source is one Postgres schema as Segment writes it.
type Source struct {
	Schema string
	Tables []Table
}

// HasLoadTime reports whether the source's tables have the column uuid_ts.
func (s Source) HasLoadTime() bool {
	return slices.ContainsFunc(s.Tables, func(t Table) bool { return slices.Contains(t.Columns, "uuid_ts") })
}

// A Table is one of Segment's tables with the columns it happens to have.
type Table struct {
	Kind    event.Kind
	Columns []string
}

// A Row is a raw row. Values holds the text form of each column that is not NULL.
type Row struct {
	Source int // place in World.Sources
	Kind   event.Kind
	Night  int // when it arrives
	Values map[string]string
}

// timeColumns are the columns of type timestamptz.
var timeColumns = []string{"received_at", "uuid_ts", "timestamp"}

// columnType is the type Segment gives the column.
func columnType(column string) string {
	switch {
	case column == "id":
		return "varchar(1024)"
	case slices.Contains(timeColumns, column):
		return "timestamptz"
	default:
		return "text"
	}
}

// TableColumns are the columns a table of the kind can have, in Segment's order.
func TableColumns(k event.Kind) []string {
	columns := []string{"id", "received_at", "uuid_ts", "timestamp", "anonymous_id", "user_id"}
	switch k {
	case event.Identify:
		return append(columns, "company", "plan")
	case event.Alias:
		return append(columns, "previous_id")
	}
	columns = append(columns,
		"context_page_url", "context_page_referrer",
		"context_campaign_source", "context_campaign_medium", "context_campaign_name",
		"context_campaign_term", "context_campaign_content", "context_user_agent")
	switch k {
	case event.Page:
		return append(columns, "url", "referrer")
	case event.Track:
		return append(columns, "event", "event_text")
	default:
		return columns
	}
}

// Nights is how many nights rows arrive on.
func (w World) Nights() int { return len(w.AsOf) }

// NightAt is the as-of of the night, counted from 0: every row of it was loaded at
// or before it and after the night before.
func (w World) NightAt(night int) time.Time { return w.AsOf[night] }

// Schemas are the names of the sources, in order.
func (w World) Schemas() []string {
	names := make([]string, len(w.Sources))
	for i, s := range w.Sources {
		names[i] = s.Schema
	}
	return names
}

// Create makes the schemas and empty tables. They have no primary key: the world
// may hold rows with the same id, or none.
func (w World) Create(ctx context.Context, conn *pgx.Conn) error {
	for source, s := range w.Sources {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA "+quote(s.Schema)); err != nil {
			return fmt.Errorf("create world: %w", err)
		}
		for _, t := range s.Tables {
			columns := make([]string, len(t.Columns))
			for i, c := range t.Columns {
				columns[i] = quote(c) + " " + columnType(c)
			}
			if w.hasUniqueIDs(source, t.Kind) {
				columns = append(columns, "PRIMARY KEY ("+quote("id")+")")
			}
			statement := "CREATE TABLE " + quote(s.Schema, t.Kind.Table()) + " (" + strings.Join(columns, ", ") + ")"
			if _, err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("create world: %s.%s: %w", s.Schema, t.Kind.Table(), err)
			}
		}
		if w.Settings.Purchases {
			statement := "CREATE TABLE " + quote(s.Schema, OrderEvents[1]) + " (id text, received_at timestamptz, uuid_ts timestamptz, revenue text, currency text)"
			if _, err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("create world: %w", err)
			}
		}
	}
	return nil
}

// hasUniqueIDs reports whether the table gets a primary key, as Segment's have: in
// every other world, where its rows allow it.
func (w World) hasUniqueIDs(source int, k event.Kind) bool {
	if w.Seed%2 == 0 {
		return false
	}
	ids := map[string]bool{}
	for _, r := range w.Rows {
		if r.Source != source || r.Kind != k {
			continue
		}
		id, given := r.Values["id"]
		if !given || ids[id] {
			return false
		}
		ids[id] = true
	}
	return true
}

// Arrive inserts the rows of the night, in their order in the world.
func (w World) Arrive(ctx context.Context, conn *pgx.Conn, night int) error {
	batch := &pgx.Batch{}
	for _, r := range w.Rows {
		if r.Night != night {
			continue
		}
		columns := slices.Sorted(maps.Keys(r.Values))
		names, places, args := make([]string, len(columns)), make([]string, len(columns)), make([]any, len(columns))
		for i, c := range columns {
			names[i] = quote(c)
			places[i] = fmt.Sprintf("$%d::text::%s", i+1, columnType(c))
			args[i] = r.Values[c]
		}
		batch.Queue("INSERT INTO "+quote(w.Sources[r.Source].Schema, r.Kind.Table())+
			" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
	}
	for _, o := range w.Orders {
		if o.Night == night && w.Settings.Purchases {
			batch.Queue("INSERT INTO "+quote(w.Sources[o.Source].Schema, OrderEvents[1])+
				" VALUES ($1, $2::text::timestamptz, nullif($3, '')::timestamptz, $4, $5)", o.ID, o.ReceivedAt, o.Load, o.Value, o.Currency)
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("rows of night %d: %w", night, err)
	}
	return nil
}

// quote makes a qualified, quoted identifier.
func quote(parts ...string) string { return pgx.Identifier(parts).Sanitize() }

// clone copies the world deeply enough to change its rows and nights.
func (w World) clone() World {
	w.AsOf = slices.Clone(w.AsOf)
	w.Rows = slices.Clone(w.Rows)
	for i := range w.Rows {
		w.Rows[i].Values = maps.Clone(w.Rows[i].Values)
	}
	return w
}

// String prints the world, a row a line, readable and complete.
func (w World) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "world seed %d: %d sources, %d nights, %d rows\n", w.Seed, len(w.Sources), w.Nights(), len(w.Rows))
	s := w.Settings
	fmt.Fprintf(&b, "settings: gap %v, lookback %v, dedup_window %v, policy %s, max_users %d, max_component %d, use_alias_calls %v\n",
		s.Gap, s.Lookback, s.DedupWindow, s.Policy, s.MaxUsersPerAnonymousID, s.MaxComponentSize, s.UseAliasCalls)
	fmt.Fprintf(&b, "          signup %q, ignore %q, exclude bots %v, blocked %q\n", s.SignupEvents, s.IgnoreEvents, s.ExcludeBots, s.Blocked)
	fmt.Fprintf(&b, "          purchases %v, each %v, traits %q, lookbacks %v, half-life %v, markov order %d, nulls %v\n",
		s.Purchases, s.EachPurchase, s.Traits, s.Lookbacks, s.HalfLife, s.MarkovOrder, s.MarkovNulls)
	for _, src := range w.Sources {
		for _, t := range src.Tables {
			var missing []string
			for _, c := range TableColumns(t.Kind) {
				if !slices.Contains(t.Columns, c) {
					missing = append(missing, c)
				}
			}
			fmt.Fprintf(&b, "table %s.%s", src.Schema, t.Kind.Table())
			if len(missing) > 0 {
				fmt.Fprintf(&b, " without %s", strings.Join(missing, ", "))
			}
			b.WriteByte('\n')
		}
	}
	for night, at := range w.AsOf {
		fmt.Fprintf(&b, "night %d, as of %s\n", night, formatTime(at))
		for _, r := range w.Rows {
			if r.Night == night {
				fmt.Fprintf(&b, "  %s.%-10s", w.Sources[r.Source].Schema, r.Kind.Table())
				for _, c := range TableColumns(r.Kind) {
					if v, ok := r.Values[c]; ok {
						fmt.Fprintf(&b, " %s=%s", c, shorten(v))
					}
				}
				b.WriteByte('\n')
			}
		}
		for _, o := range w.Orders {
			if o.Night == night {
				fmt.Fprintf(&b, "  %s.%-10s %+v\n", w.Sources[o.Source].Schema, OrderEvents[1], o)
			}
		}
	}
	return b.String()
}

// shorten quotes a value where it needs it; a very long one is cut, its length told.
func shorten(v string) string {
	if len(v) > 200 {
		return fmt.Sprintf("%q…(%d bytes)", v[:20], len(v))
	}
	if v == "" || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Sprintf("%+q", v)
	}
	return v
}

// timeLayout is how times are written in rows: UTC, to the microsecond.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// formatTime writes a time as rows hold it.
func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// parseTime reads a time of a row; false for infinity and nonsense.
func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(timeLayout, s)
	return t, err == nil
}
