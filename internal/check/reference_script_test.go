package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// A referenceCase is rows and what the contract's text makes of them, worked out by
// hand. A row is "kind time key=value …", with keys as in rowKeys; received and
// loaded at its time unless recv= and load= say otherwise. Times without a date are
// of scriptDay. What is wanted is "table: columns" followed by lines of values; who
// is the person, - is NULL, ~ a space.
type referenceCase struct {
	name string
	set  func(*world.Settings)
	asOf string
	rows string
	want string
}

// scriptDay is the day of times without a date.
const scriptDay = "2018-01-10"

// rowKeys are the short names of columns in scripts.
var rowKeys = map[string]string{
	"id": "id", "anon": "anonymous_id", "user": "user_id", "prev": "previous_id",
	"page": "context_page_url", "url": "url", "ref": "context_page_referrer", "referrer": "referrer",
	"source": "context_campaign_source", "medium": "context_campaign_medium", "campaign": "context_campaign_name",
	"term": "context_campaign_term", "content": "context_campaign_content",
	"event": "event_text", "slug": "event", "ts": "timestamp", "recv": "received_at", "load": "uuid_ts",
}

// run loads the rows, computes the reference and compares what is wanted.
func (c referenceCase) run(t *testing.T) {
	w := scriptWorld(t, c.rows)
	w.Settings.IgnoreEvents = []string{"Heartbeat"}
	if c.set != nil {
		c.set(&w.Settings)
	}
	conn := connect(t)
	require.NoError(t, w.Create(t.Context(), conn))
	require.NoError(t, w.Arrive(t.Context(), conn, 0))
	o := optionsOf(t, w)
	if c.asOf != "" {
		o.AsOf = scriptTime(t, c.asOf)
	}
	require.NoError(t, Reference(t.Context(), conn, o))
	var table string
	var columns, lines []string
	check := func() {
		if table != "" {
			slices.Sort(lines)
			require.Equal(t, lines, selectScript(t, conn, table, columns), "%s: %v", table, columns)
		}
	}
	for line := range strings.Lines(c.want) {
		line = strings.TrimSpace(line)
		name, rest, isHeader := strings.Cut(line, ": ")
		switch {
		case line == "":
		case isHeader:
			check()
			table, columns, lines = name, strings.Fields(rest), []string{}
		default:
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	check()
}

// selectScript reads the columns of a table as a script writes them, sorted.
func selectScript(t *testing.T, conn *pgx.Conn, table string, columns []string) []string {
	t.Helper()
	items := make([]string, len(columns))
	for i, c := range columns {
		items[i] = pgx.Identifier{c}.Sanitize()
		if c == "who" {
			items[i] = "CASE WHEN is_identified THEN 'user:' ELSE 'anon:' END || alias_id"
		}
	}
	rows, err := conn.Query(t.Context(), "SELECT "+strings.Join(items, ", ")+" FROM "+pgx.Identifier{"scratch", table}.Sanitize())
	require.NoError(t, err)
	defer rows.Close()
	lines := []string{}
	for rows.Next() {
		values, err := rows.Values()
		require.NoError(t, err)
		texts := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case nil:
				texts[i] = "-"
			case bool:
				texts[i] = map[bool]string{true: "yes", false: "no"}[v]
			case time.Time:
				texts[i] = strings.TrimSuffix(strings.TrimPrefix(v.UTC().Format("2006-01-02T15:04:05.999999"), scriptDay+"T"), ":00")
			default:
				texts[i] = strings.ReplaceAll(fmt.Sprint(v), " ", "~")
			}
		}
		lines = append(lines, strings.Join(texts, " "))
	}
	require.NoError(t, rows.Err())
	slices.Sort(lines)
	return lines
}

// scriptWorld parses rows, "app." before the kind putting them in a second source.
func scriptWorld(t *testing.T, rows string) world.World {
	t.Helper()
	w := world.World{Settings: world.DefaultSettings(), AsOf: []time.Time{time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}}
	for _, schema := range []string{"website", "app"} {
		s := world.Source{Schema: schema}
		for _, k := range event.Kinds() {
			s.Tables = append(s.Tables, world.Table{Kind: k, Columns: world.TableColumns(k)})
		}
		w.Sources = append(w.Sources, s)
	}
	n := 0
	for line := range strings.Lines(rows) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		n++
		kind, isApp := strings.CutPrefix(fields[0], "app.")
		r := world.Row{Values: map[string]string{"id": fmt.Sprintf("m%02d", n), "timestamp": fields[1], "received_at": fields[1], "uuid_ts": fields[1]}}
		if isApp {
			r.Source = 1
		}
		for _, k := range event.Kinds() {
			if k.String() == kind {
				r.Kind = k
			}
		}
		require.NotZero(t, r.Kind, "line %q", line)
		for _, f := range fields[2:] {
			key, value, _ := strings.Cut(f, "=")
			require.Contains(t, rowKeys, key, "line %q", line)
			r.Values[rowKeys[key]] = strings.ReplaceAll(value, "~", " ")
			if value == "-" {
				delete(r.Values, rowKeys[key])
			}
		}
		for _, c := range []string{"timestamp", "received_at", "uuid_ts"} {
			if v, ok := r.Values[c]; ok && !strings.HasSuffix(v, "infinity") {
				r.Values[c] = scriptTime(t, v).Format(time.RFC3339Nano)
			}
		}
		w.Rows = append(w.Rows, r)
	}
	return w
}

// scriptTime parses "10:00", "10:00:00.001", "2018-01-31T23:50".
func scriptTime(t *testing.T, s string) time.Time {
	t.Helper()
	if !strings.Contains(s, "T") {
		s = scriptDay + "T" + s
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	require.FailNow(t, "no time: "+s)
	return time.Time{}
}
