package segment

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A Column is one column of a Segment table: its unquoted name and its Postgres
// type, written as pg_catalog.format_type would, except that varchar is short.
type Column struct {
	Name, Type string
}

// The types Segment gives the columns it creates.
const (
	TypeID        = "varchar(1024)" // id only
	TypeText      = "text"
	TypeBigint    = "bigint"
	TypeDouble    = "double precision"
	TypeBoolean   = "boolean"
	TypeTimestamp = "timestamptz"
)

// MaxColumns is the greatest number of columns the loader lets a table grow to,
// below Postgres' own limit of 1,600, which dropped columns count against.
const MaxColumns = 1500

// MaxNameBytes is the longest name Postgres keeps whole.
const MaxNameBytes = 63

// The tables of fixed name. Any other table of a Segment schema is an event table.
const (
	Tracks     = "tracks"
	Pages      = "pages"
	Screens    = "screens"
	Identifies = "identifies"
	Aliases    = "aliases"
	Groups     = "groups"
	Users      = "users"
	accounts   = "accounts" // in beta at Segment; never written here, but its name is taken
)

// FixedTables lists the tables of fixed name that [Load] writes, in no order that matters.
func FixedTables() []string {
	return []string{Tracks, Pages, Screens, Identifies, Aliases, Groups, Users}
}

// IsFixedTable reports whether the name belongs to Segment itself, so that no event
// can have a table of that name.
func IsFixedTable(table string) bool {
	return table == accounts || slices.Contains(FixedTables(), table)
}

// IsReserved reports whether a property or trait of that (slugged) name is
// discarded because the table has a column of its own by that name. Segment
// discards such properties rather than renaming them.
func IsReserved(table, column string) bool {
	for _, c := range BaseColumns(table) {
		if c.Name == column {
			return true
		}
	}
	switch column { // reserved on every table, users included
	case "anonymous_id", "user_id", "original_timestamp", "sent_at", "timestamp":
		return true
	case "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid": // Postgres' own, on every table
		return true
	}
	return false
}

// BaseColumns are the columns a table has from its creation, id first. Every other
// column appears once a first non-null value of it arrives. A table that is none of
// the fixed ones is an event table, which starts like tracks.
func BaseColumns(table string) []Column {
	columns := []Column{
		{"id", TypeID}, // NOT NULL, primary key
		{"received_at", TypeTimestamp},
		{"uuid_ts", TypeTimestamp},
	}
	if table == Users { // the latest state of a user; id is the user_id
		return columns
	}
	columns = append(columns,
		Column{"anonymous_id", TypeText},
		Column{"user_id", TypeText},
		Column{"original_timestamp", TypeTimestamp},
		Column{"sent_at", TypeTimestamp},
		Column{"timestamp", TypeTimestamp},
	)
	switch table {
	case Pages, Screens, Identifies:
	case Aliases:
		columns = append(columns, Column{"previous_id", TypeText})
	case Groups:
		columns = append(columns, Column{"group_id", TypeText})
	default: // tracks and event tables
		columns = append(columns, Column{"event", TypeText}, Column{"event_text", TypeText})
	}
	return columns
}

// ContextColumns are the context columns Segment's own libraries fill, in the order
// of the documentation. Each is in a table only once a first non-null value of it
// has arrived. All are text.
func ContextColumns() []Column {
	names := []string{
		"context_ip", "context_user_agent", "context_locale", "context_timezone",
		"context_library_name", "context_library_version",
		"context_campaign_name", "context_campaign_source", "context_campaign_medium",
		"context_campaign_term", "context_campaign_content",
		"context_page_url", "context_page_path", "context_page_referrer",
		"context_page_title", "context_page_search",
	}
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i] = Column{name, TypeText}
	}
	return columns
}

// PageColumns are the columns of pages that analytics.js fills from the page's own
// properties, each there only once a first non-null value has arrived. All are text.
func PageColumns() []Column {
	return []Column{
		{"name", TypeText},
		{"category", TypeText},
		{"path", TypeText},
		{"referrer", TypeText},
		{"search", TypeText},
		{"title", TypeText},
		{"url", TypeText},
	}
}

// FixedType is the type a column always gets, whatever its first value looks like,
// or "" where the type is inferred from the data. A campaign named "2024" or a page
// titled with a date must not decide the type of a column of names.
func FixedType(table, column string) string {
	for _, c := range BaseColumns(table) {
		if c.Name == column {
			return c.Type
		}
	}
	if table == Pages || table == Screens {
		if slices.Contains(PageColumns(), Column{column, TypeText}) {
			return TypeText
		}
	}
	if strings.HasPrefix(column, "context_campaign_") || strings.HasPrefix(column, "context_page_") ||
		slices.Contains(ContextColumns(), Column{column, TypeText}) {
		return TypeText
	}
	return ""
}

// CreateTable is the statement that creates a table as Segment does: the base
// columns, then the extra ones. An extra column that is a base column already is
// left out. It does nothing where the table exists.
func CreateTable(schema, table string, extra ...Column) string {
	columns := BaseColumns(table)
	for _, c := range extra {
		if !slices.ContainsFunc(columns, func(d Column) bool { return d.Name == c.Name }) {
			columns = append(columns, c)
		}
	}
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + pgx.Identifier{schema, table}.Sanitize() + " (\n")
	for _, c := range columns {
		b.WriteString("    " + quote(c.Name) + " " + c.Type)
		if c.Name == "id" {
			b.WriteString(" NOT NULL")
		}
		b.WriteString(",\n")
	}
	b.WriteString("    PRIMARY KEY (id)\n)")
	return b.String()
}

// AddColumns is the statement that adds columns to a table, all at once. It skips
// those that exist.
func AddColumns(schema, table string, columns ...Column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = "ADD COLUMN IF NOT EXISTS " + quote(c.Name) + " " + c.Type
	}
	return "ALTER TABLE " + pgx.Identifier{schema, table}.Sanitize() + " " + strings.Join(parts, ", ")
}

// quote quotes one identifier.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
