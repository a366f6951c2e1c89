package script

import (
	"fmt"
	"slices"
	"strings"
)

// A valueType is what a column holds.
type valueType int

const (
	text valueType = iota
	instant
	number
	boolean
)

// A column is what can be named in the header of an expectation.
type column struct {
	name  string // of the table
	short string // as the language calls it
	holds valueType
}

// A table is a relation an expectation can be about.
type table struct {
	name    string // as the language calls it
	query   string // %s: the schema; has alias_id and is_identified
	order   string // beside the person
	alias   bool   // of the schema of identity
	columns []column
}

// person is how a query names whom a row is about.
const person = "(CASE WHEN is_identified THEN 'user:' ELSE 'anon:' END || alias_id)"

// evidence are the columns that sessions and touches share.
var evidence = []column{
	{name: "source"},
	{name: "medium"},
	{name: "campaign"},
	{name: "term"},
	{name: "content"},
	{name: "channel"},
	{name: "is_paid", short: "paid", holds: boolean},
}

// session are the columns that all_sessions and useful_sessions share.
var session = append([]column{
	{name: "session_id"},
	{name: "session_index", short: "index", holds: number},
	{name: "started_at", short: "start", holds: instant},
	{name: "ended_at", short: "end", holds: instant},
	{name: "event_count", short: "events", holds: number},
	{name: "page_count", short: "pages", holds: number},
	{name: "entry_page", short: "entry"},
	{name: "exit_page", short: "exit"},
	{name: "entry_referrer", short: "referrer"},
}, evidence...)

// tables lists every table with its columns.
var tables = []table{
	{
		name: "sessions", query: "SELECT * FROM %s.all_sessions", order: "session_index",
		columns: append([]column{{name: "is_signup_session", short: "signup", holds: boolean}, {name: "bot_event_count", short: "bots", holds: number}}, session...),
	},
	{
		name: "useful", query: "SELECT * FROM %s.useful_sessions", order: "kind",
		columns: append([]column{{name: "kind"}}, session...),
	},
	{
		name: "touches", query: "SELECT * FROM %s.touches", order: "position",
		columns: append([]column{
			{name: "position", holds: number},
			{name: "session_id"},
			{name: "touched_at", short: "at", holds: instant},
			{name: "referrer"},
			{name: "landing_page", short: "landing"},
			{name: "click_id", short: "click"},
			{name: "is_before_signup", short: "before", holds: boolean},
		}, evidence...),
	},
	{
		name: "conversions", query: "SELECT * FROM %s.conversions", order: "conversion, number",
		columns: []column{
			{name: "conversion"},
			{name: "number", holds: number},
			{name: "converted_at", short: "at", holds: instant},
			{name: "session_count", short: "sessions", holds: number},
		},
	},
	{
		name: "credits", order: "conversion, number, position",
		query: `SELECT alias_id, is_identified, conversion, number, position, touched_at, source, channel,
			round(first_touch::numeric, 3)::float8 AS first_touch, round(last_touch::numeric, 3)::float8 AS last_touch,
			round(last_non_direct::numeric, 3)::float8 AS last_non_direct, round(first_paid::numeric, 3)::float8 AS first_paid,
			round(last_paid::numeric, 3)::float8 AS last_paid, round(linear::numeric, 3)::float8 AS linear,
			round(position_based::numeric, 3)::float8 AS position_based, round(time_decay::numeric, 3)::float8 AS time_decay,
			round(shapley::numeric, 3)::float8 AS shapley, round(markov_share::numeric, 3)::float8 AS markov_share FROM %s.paths`,
		columns: []column{
			{name: "conversion"},
			{name: "number", holds: number},
			{name: "position", holds: number},
			{name: "touched_at", short: "at", holds: instant},
			{name: "source"},
			{name: "channel"},
			{name: "first_touch", short: "first"},
			{name: "last_touch", short: "last"},
			{name: "last_non_direct"},
			{name: "first_paid"},
			{name: "last_paid"},
			{name: "linear"},
			{name: "position_based"},
			{name: "time_decay"},
			{name: "shapley"},
			{name: "markov_share"},
		},
	},
	{
		name: "persons", query: "SELECT * FROM %s.persons", order: "first_seen_at",
		columns: []column{
			{name: "session_count", short: "sessions", holds: number},
			{name: "first_seen_at", short: "first_seen", holds: instant},
			{name: "last_seen_at", short: "last_seen", holds: instant},
			{name: "is_signed_up", short: "signed_up", holds: boolean},
			{name: "active_in_week_1", short: "week1", holds: boolean},
			{name: "active_in_week_4", short: "week4", holds: boolean},
		},
	},
	{name: "attribution", query: "SELECT * FROM %s.attribution", order: "signup_timestamp", columns: attribution()},
	{
		name: "aliases", order: `identifier COLLATE "C"`, alias: true,
		query: `SELECT 'anon:' || anonymous_id AS identifier, alias_id, is_identified, is_shared FROM %[1]s.anonymous_ids WHERE is_identified OR is_shared
			UNION ALL SELECT 'user:' || user_id, alias_id, true, false FROM %[1]s.user_ids`,
		columns: []column{{name: "identifier", short: "id"}, {name: "is_shared", short: "shared", holds: boolean}},
	},
}

// attribution are the columns of sessions.attribution.
func attribution() []column {
	columns := []column{
		{name: "session_count_before_signup", short: "sessions", holds: number},
		{name: "signup_timestamp", short: "signup", holds: instant},
		{name: "blog_url", short: "blog"},
		{name: "first_page_ever_visited", short: "first_page"},
	}
	for _, prefix := range [][2]string{
		{"first_touch_", "first."},
		{"last_touch_", "last."},
		{"first_attributed_touch_", "first_paid."},
		{"last_attributed_touch_", "last_paid."},
	} {
		columns = append(columns,
			column{name: prefix[0] + "timestamp", short: prefix[1] + "at", holds: instant},
			column{name: prefix[0] + "landing_page", short: prefix[1] + "landing"})
		for _, field := range []string{"source", "medium", "campaign", "referrer", "channel"} {
			columns = append(columns, column{name: prefix[0] + field, short: prefix[1] + field})
		}
	}
	return columns
}

// findTable is the table the language calls name.
func findTable(name string) (table, error) {
	var names []string
	for _, t := range tables {
		if t.name == name {
			return t, nil
		}
		names = append(names, t.name)
	}
	return table{}, fmt.Errorf("%q is no table; there are %s", name, strings.Join(names, ", "))
}

// find is the column by either of its names.
func (t table) find(name string) (column, error) {
	for _, c := range t.all() {
		if name == c.name || name == c.short && name != "" {
			return c, nil
		}
	}
	var names []string
	for _, c := range t.all() {
		if c.short != "" {
			names = append(names, c.short)
		} else {
			names = append(names, c.name)
		}
	}
	return column{}, fmt.Errorf("%s has no column %q; it has %s", t.name, name, strings.Join(slices.Compact(names), ", "))
}

// all are the table's columns, whom they are about first.
func (t table) all() []column {
	return append([]column{{name: person, short: "person"}, {name: "alias_id"}, {name: "is_identified", holds: boolean}}, t.columns...)
}
