package looker_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit/simulated"
)

// TestProject: nothing is wrong with looker/, on a database where every table has rows.
func TestProject(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), simulated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	p := parse(t, read(t))[0]
	db := &database{conn, map[string]answer{}}
	require.Empty(t, check(t.Context(), db, &p, relations(t, conn)))

	for _, c := range answers {
		r, err := p.renderer(c.explore)
		require.NoError(t, err)
		var fields []string
		for _, f := range strings.Fields(c.fields) {
			if !strings.Contains(f, ".") {
				f = c.explore + "." + f
			}
			fields = append(fields, f)
		}
		text, err := r.sql(query{explore: c.explore, fields: fields, filters: c.filters})
		require.NoError(t, err)
		got, want := rowsOf(t, conn, "SELECT * FROM (\n"+text+"\n) AS q"), rowsOf(t, conn, c.want)
		require.Equal(t, want, got, "%s\n%s", c.fields, text)
	}
}

// rowsOf is a result as text, numbers rounded, in the order of the text.
func rowsOf(t *testing.T, conn *pgx.Conn, text string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), text)
	require.NoError(t, err, text)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		var line []string
		for _, v := range values {
			if n, isNumber := number(v); isNumber {
				v = fmt.Sprintf("%.5f", n)
			}
			line = append(line, fmt.Sprint(v))
		}
		return strings.Join(line, " | "), err
	})
	require.NoError(t, err, text)
	return found
}

// answers hold what measures say, through joins that repeat rows, to plain SQL.
var answers = []struct {
	explore, fields string
	filters         map[string]string
	want            string
}{
	{
		"attribution", "count first_visit_share paid_share median_sessions", nil,
		`SELECT count(*), avg((session_count_before_signup = 1)::int), avg((first_attributed_touch_timestamp IS NOT NULL)::int),
			percentile_cont(0.5) WITHIN GROUP (ORDER BY session_count_before_signup) FROM sessions.attribution`,
	},
	{
		"attribution", "count user_ids.count revenue.sum_of_amount", nil,
		`SELECT (SELECT count(*) FROM sessions.attribution),
			(SELECT count(*) FROM aliases.user_ids AS u WHERE EXISTS (SELECT FROM sessions.attribution AS a WHERE a.alias_id = u.alias_id AND a.is_identified)),
			(SELECT sum(amount) FROM sessions.revenue AS r WHERE EXISTS (SELECT FROM sessions.attribution AS a WHERE a.alias_id = r.alias_id AND a.is_identified = r.is_identified))`,
	},
	{"attribution", "revenue.total_amount", nil, "SELECT NULL::numeric"}, // two currencies
	{"attribution", "first_session.count signup_session.count", nil, "SELECT count(*) FILTER (WHERE kind = 'first'), count(*) FILTER (WHERE kind = 'signup') FROM sessions.useful_sessions"},
	{
		"persons", "count signed_up_count signup_share attribution.count", nil,
		"SELECT count(*), count(*) FILTER (WHERE is_signed_up), avg(is_signed_up::int), count(signup_timestamp) FROM sessions.persons",
	},
	{"credits", "total_credit", map[string]string{"credits.model": "linear"}, "SELECT count(*) FROM sessions.conversions WHERE conversion = 'signup'"},
	{"credits", "total_credit", map[string]string{"credits.model": ""}, "SELECT NULL::numeric"}, // all models at once
	{"credits", "total_credit conversions.count persons.count", map[string]string{"credits.model": "last_touch"}, "SELECT count(*), count(*), count(*) FROM sessions.conversions WHERE conversion = 'signup'"},
	{"paths", "conversion_count by_first_touch by_linear conversions.count", nil, "SELECT count(DISTINCT alias_id) FILTER (WHERE position > 0), count(DISTINCT alias_id), count(DISTINCT alias_id), count(DISTINCT alias_id) FROM sessions.paths WHERE conversion = 'signup'"},
	{
		"channel_performance", "total_conversions total_spend total_revenue total_cac total_roas total_ltv",
		map[string]string{"channel_performance.model": "linear", "channel_performance.currency": "USD"},
		`SELECT sum(conversions), sum(spend), sum(revenue), sum(spend) / sum(conversions), sum(revenue) / sum(spend), sum(revenue) / sum(conversions)
			FROM sessions.channel_performance WHERE conversion = 'signup' AND model = 'linear' AND currency = 'USD'`,
	},
	{"channel_performance", "total_conversions total_spend total_revenue total_cac total_first_visit_share", map[string]string{"channel_performance.model": ""}, "SELECT NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric"},
	{"spend", "total_cost", map[string]string{"spend.currency": "USD"}, "SELECT sum(cost) FROM sessions.spend WHERE currency = 'USD'"},
	{"spend", "total_cost", nil, "SELECT NULL::numeric"}, // two currencies
	{"all_sessions", "count person_count signup_session_count user_ids.count", nil, "SELECT count(*), count(DISTINCT (alias_id, is_identified)), count(*) FILTER (WHERE is_signup_session), (SELECT count(*) FROM aliases.user_ids AS u WHERE EXISTS (SELECT FROM sessions.all_sessions AS s WHERE s.alias_id = u.alias_id AND s.is_identified)) FROM sessions.all_sessions"},
	{"touches", "count all_sessions.count persons.count", nil, "SELECT count(*), count(DISTINCT session_id), count(DISTINCT (alias_id, is_identified)) FROM sessions.touches"},
	{"conversions", "count first_visit_share persons.count", nil, "SELECT count(*), avg((session_count = 1)::int), count(DISTINCT (alias_id, is_identified)) FROM sessions.conversions WHERE conversion = 'signup'"},
	{"retention", "retention_share", map[string]string{"retention.dimension": "all", "retention.week": "4"}, "SELECT share FROM sessions.retention WHERE dimension = 'all' AND week = 4"},
	{"retention", "retention_share total_signups", nil, "SELECT NULL::numeric, NULL::numeric"}, // all weeks at once
	{"revenue", "payer_count sum_of_amount", nil, "SELECT count(alias_id), sum(amount) FROM sessions.revenue"},
}

// TestBrokenProjects: what the checks are for, they find.
func TestBrokenProjects(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), simulated.Database(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	whole := read(t)
	var projects []map[string]string
	for _, b := range breaks {
		files := maps.Clone(whole)
		require.Contains(t, files[b.file], b.old, "%s", b.file)
		files[b.file] = strings.Replace(files[b.file], b.old, b.new, 1)
		projects = append(projects, files)
	}
	known, db := relations(t, conn), &database{conn, map[string]answer{}}
	for i, p := range parse(t, projects...) {
		problems := strings.Join(check(t.Context(), db, &p, known), "\n")
		require.Contains(t, problems, breaks[i].problem, "%s: %q for %q", breaks[i].file, breaks[i].new, breaks[i].old)
	}
}

const (
	models = "attribution.model.lkml"
	board  = "dashboards/attribution.dashboard.lookml"
)

var breaks = []struct{ file, old, new, problem string }{
	{"generated/persons.view.lkml", "${TABLE}.is_bot ", "${TABLE}.is_robot ", "column persons.is_robot does not exist"},
	{"generated/persons.view.lkml", "${TABLE}.is_bot ", "${TABLE}.is_signed_up ", "view persons: no dimension of column is_bot"},
	{"generated/touches.view.lkml", "dimension: is_paid {\n    type: yesno", "dimension: is_paid {\n    type: string", "touches.is_paid: is declared a string, and PostgreSQL's type of it is bool"},
	{"generated/touches.view.lkml", "dimension: is_paid {\n    type: yesno", "dimension: is_paid {\n    tipe: yesno", `unknown field "tipe"`},
	{"generated/spend.view.lkml", "datatype: date", "datatype: datetime", "spend.spent_raw: is declared a datetime, and PostgreSQL's type of it is date"},
	{"generated/credits.view.lkml", "view: credits {", "view: credit {", "view +credits: there is no view to refine"},
	{"generated/credits.view.lkml", "view: credits {", "view: credits {{", "generated/credits.view.lkml"},
	{"generated/paths.view.lkml", "${TABLE}.number, ", "", "view paths: its primary key"},
	{"generated/paths.view.lkml", "    primary_key: yes\n", "", "view paths: its primary key"},
	{"manifest.lkml", "attribution_schema", "atribution_schema", "no constant @{attribution_schema}"},
	{"views/credits.view.lkml", "${sum_of_credit}", "${sum_of_credits}", "no field credits.sum_of_credits"},
	{"views/credits.view.lkml", "drill_fields: [alias_id", "drill_fields: [alias", "no field credits.alias "},
	{"views/channel_performance.view.lkml", "sql: ${spend} ;;", "sql: ${cac} ;;", "a sum of ratios"},
	{"views/persons.view.lkml", `label: "Sessions per Person"`, "", "neither described nor labelled"},
	{"views/persons.view.lkml", `decimal_1`, "decimal1", `value_format_name "decimal1"`},
	{models, "${persons.alias_id} = ${credits.alias_id} AND ${persons.is_identified} = ${credits.is_identified}", "${persons.alias_id} = ${credits.alias_id}", "explore credits, join persons: is said to be many_to_one, and by its keys is many_to_many"},
	{models, "${persons.alias_id} = ${credits.alias_id}", "${persons.alias_id} = ${credits.session_id}", "explore credits, join persons: alias_id is not session_id"},
	{models, "\n      AND ${first_session.kind} = 'first'", "", "explore attribution, join first_session: is said to be one_to_one, and by its keys is one_to_many"},
	{models, "relationship: one_to_many", "relationship: one_to_one", "explore attribution, join revenue: is said to be one_to_one"},
	{models, "type: left_outer", "type: inner", "leaves rows out"},
	{models, ", credits.model: \"first_touch\"", "", "explore credits: always_filter must ask for one model"},
	{models, "channel_performance.conversion: \"signup\", ", "", "explore channel_performance: always_filter must ask for one conversion"},
	{models, "explore: freshness", "explore: freshnes", "explore freshnes: freshnes: no view freshnes"},
	{models, `include: "views/*.view"`, "", "no field attribution.count"},
	{models, "MAX(run_id)", "MAX(run)", "datagroup attribution_run: ERROR: column \"run\" does not exist"},
	{models, "persist_with: attribution_run", "persist_with: run", "no datagroup \"run\" to persist_with"},
	{models, "persist_with", "persists_with", `unknown field "persists_with"`},
	{"manifest.lkml", "export: override_optional", "exports: override_optional", `unknown field "exports"`},
	{board, "attribution.paid_share", "attribution.paid_shares", "no field attribution.paid_shares in explore attribution"},
	{board, "Period: attribution.signup_date", "Perod: attribution.signup_date", "listens to Perod"},
	{board, "Period: attribution.signup_date", "Period: attribution.signup_day", "no field attribution.signup_day"},
	{board, "pivots: [credits.model]", "pivots: [credits.source]", "credits.source is pivoted or sorted by"},
	{board, "field: channel_performance.model", "field: channel_performance.modell", "no field channel_performance.modell"},
	{board, "    explore: freshness", "    explor: freshness", "field explor not found"},
	{board, "retention.dimension: channel", "retention.dimension: chanel", "tile retention: finds nothing"},
}

// TestChangedDatabases: LookML that the tables have left behind is found, too.
func TestChangedDatabases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, statement, problem string }{
		{"column dropped", "ALTER TABLE sessions.spend DROP COLUMN campaign", "spend.campaign: ERROR: column spend.campaign does not exist"},
		{"column added", "ALTER TABLE sessions.spend ADD COLUMN clicks bigint", "view spend: no dimension of column clicks"},
		{"type", "ALTER TABLE sessions.spend ALTER COLUMN cost TYPE text", "spend.sum_of_cost: ERROR: function sum(text) does not exist"},
		{"key", "ALTER TABLE aliases.user_ids DROP CONSTRAINT user_ids_pkey, ADD PRIMARY KEY (user_id, alias_id)", "view user_ids: its primary key is to be [alias_id user_id]"},
		{"table", "CREATE TABLE sessions.goals (name text PRIMARY KEY)", "no view of sessions.goals"},
		{"rows twice", "INSERT INTO sessions.revenue SELECT * FROM sessions.revenue LIMIT 1", "sessions.revenue: 1 rows have a key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, err := pgx.Connect(t.Context(), simulated.Database(t))
			require.NoError(t, err)
			defer conn.Close(t.Context())
			_, err = conn.Exec(t.Context(), c.statement)
			require.NoError(t, err)
			p := parse(t, read(t))[0]
			require.Contains(t, strings.Join(check(t.Context(), &database{conn, map[string]answer{}}, &p, relations(t, conn)), "\n"), c.problem)
		})
	}
}

// number is a value as a float, where it is a number.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int32:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case pgtype.Numeric:
		f, err := n.Float64Value()
		return f.Float64, err == nil && f.Valid
	}
	return 0, false
}
