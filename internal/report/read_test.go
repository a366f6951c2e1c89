package report_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/report"
)

// sum adds up a column of a table.
func sum(t testing.TB, table report.Table, key string) (total float64) {
	t.Helper()
	at := -1
	for i, c := range table.Columns {
		if c.Key == key {
			at = i
		}
	}
	require.GreaterOrEqual(t, at, 0, "%s has no column %s", table.ID, key)
	for _, row := range table.Rows {
		switch v := row[at].(type) {
		case report.Count:
			total += float64(v)
		case report.Credit:
			total += float64(v)
		case report.Amount:
			total += float64(v)
		}
	}
	return total
}

// measure is a headline number.
func measure(t testing.TB, r *report.Report, name string) any {
	t.Helper()
	for _, row := range table(t, r, "headline").Rows {
		if row[0] == report.Text(name) {
			return row[2]
		}
	}
	require.Fail(t, "no headline number "+name)
	return nil
}

// holds checks that every table of a report adds up to its headline numbers.
func holds(t testing.TB, r *report.Report) {
	t.Helper()
	conversions := float64(measure(t, r, "conversions").(report.Count))
	for _, id := range []string{"over_time", "first_and_last", "campaigns", "landing_pages", "blog_posts", "sessions_before", "time_before"} {
		require.InDelta(t, conversions, sum(t, table(t, r, id), "conversions"), 1e-3, id)
	}
	byModel := map[any]float64{}
	for _, row := range table(t, r, "models").Rows {
		byModel[row[1]] += float64(row[2].(report.Credit))
	}
	for _, model := range report.Models() {
		require.InDelta(t, conversions, byModel[report.Text(model)], 1e-3, model)
	}
}

func TestTablesAddUp(t *testing.T) {
	t.Parallel()
	db := world(t)
	for _, model := range report.Models() {
		r := read(t, db, report.Options{Model: model, Rates: rates})
		require.Greater(t, measure(t, r, "conversions"), report.Count(100))
		holds(t, r)
		campaigns := table(t, r, "campaigns")
		require.InDelta(t, float64(measure(t, r, "spend").(report.Amount)), sum(t, campaigns, "spend"), 0.01, model)
		require.InDelta(t, float64(measure(t, r, "revenue").(report.Amount)), sum(t, campaigns, "revenue"), 0.01, model)
		require.InDelta(t, sum(t, campaigns, "revenue"), sum(t, table(t, r, "landing_pages"), "revenue"), 0.01, model)
		require.InDelta(t, sum(t, campaigns, "revenue"), sum(t, table(t, r, "blog_posts"), "revenue"), 0.01, model)
	}
}

// TestPeriodsAreHalfOpen: two periods that meet count every conversion once.
func TestPeriodsAreHalfOpen(t *testing.T) {
	t.Parallel()
	db := world(t)
	var at, first, last time.Time
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT min(converted_at), max(converted_at) FROM sessions.conversions`).Scan(&first, &last))
	at = first.Add(last.Sub(first) / 2).Truncate(day)
	execute(t, db, `UPDATE sessions.conversions SET converted_at = '`+at.Format(time.RFC3339)+`' WHERE converted_at = (SELECT max(converted_at) FROM sessions.conversions)`)
	count := func(from, until time.Time) report.Count {
		return measure(t, read(t, db, report.Options{From: from, Until: until}), "conversions").(report.Count)
	}
	from, until := first.Truncate(day), last.Truncate(day).Add(day)
	require.Equal(t, count(from, until), count(from, at)+count(at, until))
	require.Greater(t, count(at, at.Add(day)), report.Count(0), "midnight belongs to the day it begins")
}

// TestWeeksAreOfHours: the clocks of who asks may change within one.
func TestWeeksAreOfHours(t *testing.T) {
	t.Parallel()
	db := world(t)
	execute(t, db, `UPDATE sessions.attribution SET signup_timestamp = '2024-03-02 00:00Z'`)
	execute(t, db, `UPDATE attribution_ops.published SET newest_event = '2024-03-15 23:30Z'`)
	conn, err := db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SET timezone = 'America/New_York'")
	require.NoError(t, err)
	var over int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM sessions.retention`).Scan(&over))
	require.Zero(t, over, "half an hour is to come")
}

// TestRetentionIsTheView's, over all time.
func TestRetentionIsTheView(t *testing.T) {
	t.Parallel()
	db := world(t)
	r := read(t, db, report.Options{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
	rows, err := db.Pool.Query(t.Context(), `SELECT week, signups, active FROM sessions.retention WHERE dimension = 'all' ORDER BY week`)
	require.NoError(t, err)
	var want, got [][]any
	for rows.Next() {
		var week int
		var signups, active int64
		require.NoError(t, rows.Scan(&week, &signups, &active))
		want = append(want, []any{report.Text(fmt.Sprint(week)), report.Count(signups), report.Count(active)})
	}
	require.NoError(t, rows.Err())
	var channels, all float64
	for _, row := range table(t, r, "retention").Rows {
		if row[0] == report.Text("all") {
			got = append(got, []any{row[1], row[2], row[3]})
			all += float64(row[2].(report.Count))
		} else {
			channels += float64(row[2].(report.Count))
		}
	}
	require.NotEmpty(t, want)
	require.Equal(t, want, got)
	require.InDelta(t, all, channels, 0, "the channels add up to all")
}

// TestManyNames: what is listed is bounded, and what is not is one row of others.
func TestManyNames(t *testing.T) {
	t.Parallel()
	db := world(t)
	execute(t, db, `
		UPDATE sessions.paths SET campaign = 'c ' || md5(alias_id || position), landing_page = 'https://shop.example/' || md5(alias_id) || '?q=' || position WHERE channel IS NOT NULL;
		UPDATE sessions.attribution SET blog_url = 'https://blog.example/' || md5(alias_id)`)
	r := read(t, db, report.Options{Model: "linear", Rates: rates})
	holds(t, r)
	require.LessOrEqual(t, len(table(t, r, "campaigns").Rows), 20+10+2)
	for _, id := range []string{"landing_pages", "blog_posts"} {
		pages := table(t, r, id)
		require.LessOrEqual(t, len(pages.Rows), 20+2)
		require.Contains(t, pages.Rows[20], report.Text(report.Others), id)
		for _, row := range pages.Rows {
			require.NotContains(t, string(row[0].(report.Text)), "?", "pages are without query")
		}
	}
}

// TestOtherConversions: a conversion of another name has the value of its events, in the
// currencies there is a rate for.
func TestOtherConversions(t *testing.T) {
	t.Parallel()
	db := world(t)
	execute(t, db, `
		INSERT INTO sessions.conversions (alias_id, is_identified, conversion, number, converted_at, session_count, value, currency, source, message_id)
		SELECT alias_id, is_identified, 'subscribed', 1, converted_at, session_count, 100, CASE WHEN hashtext(alias_id) % 2 = 0 THEN 'EUR' END, source, message_id
		FROM sessions.conversions WHERE conversion = 'signup';
		INSERT INTO sessions.paths SELECT (jsonb_populate_record(p, '{"conversion": "subscribed"}')).* FROM sessions.paths AS p WHERE conversion = 'signup';
		INSERT INTO sessions.channel_weights SELECT 'subscribed', channel, weight FROM sessions.channel_weights WHERE conversion = 'signup';
		INSERT INTO sessions.channel_performance (day, conversion, model, currency, conversions, first_visit_conversions, revenue, spend)
		SELECT converted_at::date, 'subscribed', 'first_touch', 'USD', 1, 0, 100 * CASE currency WHEN 'EUR' THEN 1.25 ELSE 1 END, 0
		FROM sessions.conversions WHERE conversion = 'subscribed'`)
	r := read(t, db, report.Options{Conversion: "subscribed", Rates: rates})
	holds(t, r)
	require.InDelta(t, float64(measure(t, r, "revenue").(report.Amount)), sum(t, table(t, r, "landing_pages"), "revenue"), 0.01)
	require.Contains(t, r.Sections[1].Lead, "“subscribed” conversions")

	o := report.Options{Conversion: "subscribe", Model: "first_touch"}
	_, err := report.Read(t.Context(), db, o)
	var usage *report.UsageError
	require.ErrorAs(t, err, &usage)
	require.EqualError(t, err, `no conversion is named "subscribe": there are: signup, subscribed`)
}

// TestCurrencies: money without a rate is told, and counted nowhere.
func TestCurrencies(t *testing.T) {
	t.Parallel()
	db := world(t)
	before := read(t, db, report.Options{Rates: rates})
	execute(t, db, `
		INSERT INTO sessions.channel_performance (day, conversion, model, currency, conversions, first_visit_conversions, revenue, spend)
		SELECT max(day), 'signup', 'first_touch', 'SEK', 0, 0, 1000, 1e9 FROM sessions.channel_performance`)
	r := read(t, db, report.Options{Rates: rates})
	require.Equal(t, "USD", r.Currency, "the one that conversions are in")
	require.Equal(t, table(t, before, "headline").Rows, table(t, r, "headline").Rows)
	require.Equal(t, table(t, before, "campaigns").Rows, table(t, r, "campaigns").Rows)
	require.Contains(t, r.Sections[0].Lead, "Not counted, for want of a rate: 1,000.00 SEK of revenue and 1,000,000,000.00 SEK of spend.")

	execute(t, db, `TRUNCATE sessions.channel_performance, sessions.revenue`)
	r = read(t, db, report.Options{})
	require.Empty(t, r.Currency)
	require.Contains(t, r.Sections[0].Lead, "No spend and no revenue is known")
	require.Len(t, table(t, r, "campaigns").Columns, 4)
	holds(t, r)
}

// TestNothingPublished says so in every section, with and without a period asked for.
func TestNothingPublished(t *testing.T) {
	t.Parallel()
	r := read(t, empty(t), report.Options{})
	require.Equal(t, report.Day("2025-03-01"), r.From)
	require.Equal(t, report.Day("2026-03-15"), r.Until)
	require.Nil(t, r.Newest)
	for _, s := range r.Sections {
		require.NotEmpty(t, s.Lead, s.ID)
		for _, table := range s.Tables {
			if s.ID != "headline" && table.ID != "quality" {
				require.Empty(t, table.Rows, table.ID)
				require.NotEmpty(t, table.Empty, table.ID)
			}
		}
	}
	require.Equal(t, report.Count(0), measure(t, r, "conversions"))
	require.Nil(t, measure(t, r, "attributed_share"))
	require.True(t, strings.HasPrefix(r.Sections[0].Lead, "No signups from 2025-03-01 until before 2026-03-15."), r.Sections[0].Lead)

	_, err := report.Read(t.Context(), empty(t), report.Options{
		Conversion: "signup", Model: "linear",
		From: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	require.EqualError(t, err, "the period ends before it begins: from 2026-02-01, to 2026-01-01, which is the first day left out")
}

// TestPeriodsOfAnyLength are cut into few enough pieces, whose sum is the whole.
func TestPeriodsOfAnyLength(t *testing.T) {
	t.Parallel()
	db := world(t)
	var last time.Time
	require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT max(converted_at) FROM sessions.conversions`).Scan(&last))
	for _, c := range []struct {
		days   int
		unit   string
		layout string
	}{{20, "day", time.DateOnly}, {100, "week", time.DateOnly}, {300, "month", "2006-01"}, {7000, "year", "2006"}} {
		until := last.Truncate(day).Add(day)
		r := read(t, db, report.Options{From: until.AddDate(0, 0, -c.days), Until: until, Rates: rates})
		holds(t, r)
		over := table(t, r, "over_time")
		require.Equal(t, c.unit, over.Columns[0].Key)
		require.LessOrEqual(t, len(over.Grid().Rows), 62)
		for _, row := range over.Rows {
			at, err := time.Parse(c.layout, string(row[0].(report.Text)))
			require.NoError(t, err)
			require.True(t, c.unit != "week" || at.Weekday() == time.Monday)
		}
	}
}

// TestAnalysts: SELECT on the published schema is enough; what the role may not read is
// said in its place, and a role that may read nothing is told what it needs.
func TestAnalysts(t *testing.T) {
	t.Parallel()
	db := world(t)
	role := "analyst_" + strings.ToLower(rand.Text())
	execute(t, db, `CREATE ROLE `+role+` LOGIN`)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context()) // it has ended by now
		for _, statement := range []string{"DROP OWNED BY ", "DROP ROLE "} {
			_, err := db.Pool.Exec(ctx, statement+role)
			require.NoError(t, err)
		}
	})
	as := func() (*report.Report, error) {
		u, err := url.Parse(db.Pool.Config().ConnString())
		require.NoError(t, err)
		u.User = url.User(role)
		return report.Read(t.Context(), open(t, u.String()), report.Options{Conversion: "signup", Model: "first_touch", Rates: rates})
	}
	_, err := as()
	require.ErrorContains(t, err, "permission denied")
	require.ErrorContains(t, err, "the role needs SELECT on the schema sessions")

	execute(t, db, `GRANT USAGE ON SCHEMA sessions TO `+role+`; GRANT SELECT ON ALL TABLES IN SCHEMA sessions TO `+role)
	r, err := as()
	require.NoError(t, err)
	full := read(t, db, report.Options{Rates: rates})
	hidden := 0
	for i, row := range table(t, r, "quality").Rows {
		if row[5] == report.Text("Not shown: the role of this report may not read it") {
			hidden++
			require.Nil(t, row[2])
			require.Equal(t, table(t, full, "quality").Rows[i][0], row[0], "the row stands in its place")
		}
	}
	require.Equal(t, 6, hidden)
	require.Equal(t, full.Sections[:8], r.Sections[:8], "all else is shown")

	execute(t, db, `DROP VIEW sessions.credits`)
	_, err = as()
	require.ErrorContains(t, err, `run "attribution migrate"`)
}

// TestDocumented: docs/reports.md has a heading for each section, and names each table,
// headline number and check.
func TestDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reports.md")
	require.NoError(t, err)
	for _, s := range read(t, world(t), report.Options{Rates: rates}).Sections {
		require.Contains(t, string(page), "\n## "+s.ID+"\n")
		require.NotEmpty(t, s.Counted, s.ID)
		for _, table := range s.Tables {
			names := []string{table.ID}
			if table.ID == "headline" || table.ID == "quality" {
				for _, row := range table.Rows {
					names = append(names, string(row[0].(report.Text)))
				}
			}
			for _, name := range names {
				require.True(t, strings.Contains(string(page), "`"+name+"`") || strings.Contains(string(page), "\n## "+name+"\n"), "%s is not explained", name)
			}
		}
	}
}

// TestQuality counts what the pipeline left out.
func TestQuality(t *testing.T) {
	t.Parallel()
	db := world(t)
	execute(t, db, `
		INSERT INTO attribution_ops.rejected_rows (stage, source, kind, row_md5, load_time, copy, reason, received_at, run_id)
		SELECT 'extract', 'website', 1, n::text, now(), 1, 'too_long', newest, 1 FROM generate_series(1, 3) AS n, (SELECT max(newest) AS newest FROM attribution_ops.counters) AS c;
		UPDATE sessions.all_sessions SET bot_event_count = 0;
		UPDATE sessions.all_sessions SET bot_event_count = event_count WHERE session_id IN (SELECT session_id FROM sessions.all_sessions ORDER BY started_at DESC LIMIT 5);
		INSERT INTO aliases.changes SELECT 1, now(), true, user_id, 'old', true, alias_id, true FROM aliases.user_ids ORDER BY user_id LIMIT 2`)
	want := map[string]report.Count{"rejected_rows": 3, "bots": 5, "changed_persons": 2}
	for _, row := range table(t, read(t, db, report.Options{}), "quality").Rows {
		if n, ok := want[string(row[0].(report.Text))]; ok {
			require.Equal(t, n, row[2], row[0])
			require.InDelta(t, float64(n)/float64(row[3].(report.Count)), float64(row[4].(report.Share)), 1e-6)
			delete(want, string(row[0].(report.Text)))
		}
	}
	require.Empty(t, want)
}
