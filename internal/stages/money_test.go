package stages_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// moneyed opens a pipeline on a database with a source and nothing in it, and settings of
// money.
func moneyed(t *testing.T, change func(*config.Money)) *pipeline.Pipeline {
	t.Helper()
	p := mustOpen(t, migrated.Database(t), func(c *config.Config) {
		c.Sources = []string{"website"}
		change(&c.Money)
		require.NoError(t, c.Validate())
	})
	website(t, p)
	exec(t, p, "CREATE SCHEMA marketing")
	return p
}

// again opens another pipeline on the same database.
func again(t *testing.T, p *pipeline.Pipeline, change func(*config.Money)) *pipeline.Pipeline {
	t.Helper()
	return mustOpen(t, p.DB().Pool.Config().ConnString(), func(c *config.Config) {
		c.Sources = []string{"website"}
		change(&c.Money)
	})
}

// attribute runs stage 7 with nothing to publish and returns what it warned of.
func attribute(t *testing.T, p *pipeline.Pipeline) []string {
	t.Helper()
	return run(t, p, pipeline.Request{Stages: one("attribute")}).Warnings
}

// write writes a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// convert publishes a conversion of the person u<n>, with a path of touches of the
// channels given, as sql names them; each model shares it as the random numbers say.
func convert(t *testing.T, p *pipeline.Pipeline, random *rand.Rand, user, conversion string, number int, at, value, currency string, sessions int, touches ...string) {
	t.Helper()
	exec(t, p, fmt.Sprintf(`INSERT INTO sessions.conversions VALUES ('%s', true, '%s', %d, '%s', %d, %s, %s, 'website', 'm')`,
		user, conversion, number, at, sessions, value, currency))
	columns, shares := "", make([][]float64, len(touches))
	for _, m := range model.All() {
		name := m.String()
		if m == model.Markov {
			name = "markov_share"
		}
		columns += ", " + name
		rest := 1.0
		for i := range touches {
			share := rest
			if i < len(touches)-1 {
				share = rest * float64(random.IntN(4)) / 3
			}
			shares[i] = append(shares[i], share)
			rest -= share
		}
	}
	for i, touch := range touches {
		exec(t, p, fmt.Sprintf(`INSERT INTO sessions.paths (alias_id, is_identified, conversion, number, position, converted_at, channel, source, medium, campaign, is_paid%s)
			VALUES ('%s', true, '%s', %d, %d, '%s', %s, false%s)`, columns, user, conversion, number, i, at, touch,
			strings.NewReplacer("[", ", ", "]", "", " ", ", ").Replace(fmt.Sprint(shares[i]))))
	}
}

// Touches, as channel, source, medium and campaign.
const (
	noTouch = "NULL, NULL, NULL, NULL"
	search  = "'Paid Search', 'google', 'cpc', 'brand'"
	mail    = "'Email', 'news', 'email', NULL"
	direct  = "'Direct', '(direct)', '(none)', NULL"
)

// TestMoneyDropsNothing: whatever is spent, paid and converted, all of it is in
// channel_performance, for every conversion and model.
func TestMoneyDropsNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			pick := func(list ...string) string { return list[random.IntN(len(list))] }
			p := moneyed(t, func(m *config.Money) {
				m.Currency, m.Rates = "USD", map[string]float64{"EUR": 1.08, "JPY": 0.0067}
				m.Spend.Table = "marketing.spend"
				if seed%2 == 0 {
					m.Revenue.Table = "marketing.payments"
				}
			})
			exec(t, p, `CREATE TABLE marketing.spend ("Date" date, source text, medium text, campaign text, cost numeric, currency text, clicks bigint)`,
				`CREATE TABLE marketing.payments (user_id text, amount float8, time timestamptz, currency text)`,
				`INSERT INTO sessions.channel_weights VALUES ('signup', 'Paid Search', 0.7), ('signup', 'Email', 0), ('purchase', 'Direct', 0.2)`)
			day := func() string { return fmt.Sprintf("2024-01-%02d", 1+random.IntN(4)) }
			currency := func() string { return pick("NULL", "'USD'", "'EUR'", "'JPY'", "'CHF'", "'GBP'") }
			for n := range 40 {
				user := fmt.Sprint("u", n)
				exec(t, p, fmt.Sprintf(`INSERT INTO aliases.user_ids VALUES ('%s', '%[1]s'), ('also %[1]s', '%[1]s')`, user))
				path := func() (touches []string) {
					for range 1 + random.IntN(5) {
						touches = append(touches, pick(noTouch, search, mail, direct))
					}
					return touches
				}
				if n%4 != 0 {
					convert(t, p, random, user, "signup", 1, day()+" 23:30+00", "NULL", "NULL", random.IntN(3), path()...)
				}
				for number := range random.IntN(3) {
					value := pick("NULL", "-3.10", "19.99", "1e3", "0", "12345678.34")
					convert(t, p, random, user, "purchase", number+1, day()+" 00:30+02", value, currency(), random.IntN(3), path()...)
				}
				for range random.IntN(4) {
					exec(t, p, fmt.Sprintf(`INSERT INTO marketing.payments VALUES (%s, %s, '%s', %s)`,
						pick("NULL", "' "+user+" '", "'also "+user+"'", "'nobody'", "'null'"), pick("12.34", "-2", "0.1", "99", "0.00005", "3e9"), day(), currency()))
				}
				exec(t, p, fmt.Sprintf(`INSERT INTO marketing.spend VALUES ('%s', %s, %s, %s, %s, %s)`, day(), pick("' Google '", "'news'", "'(not set)'", "NULL"),
					pick("'CPC'", "'email'", "NULL", "''"), pick("'brand'", "' brand '", "NULL"), pick("10.10", "-1", "0", "333.333333"), currency()))
			}
			warnings := attribute(t, p)
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], `money.rates has no rate of ["CHF" "GBP"]`)

			wanted := `WITH rates (currency, rate) AS (VALUES ('USD', 1.0), ('EUR', 1.08), ('JPY', 0.0067)),
				amounts AS (
					SELECT c.conversion, 'revenue' AS what, coalesce(c.currency, 'USD') AS currency, c.value AS amount FROM sessions.conversions AS c
					UNION ALL SELECT 'signup', 'revenue', coalesce(p.currency, 'USD'), p.amount::numeric FROM marketing.payments AS p WHERE $1
					UNION ALL SELECT k.conversion, 'spend', coalesce(s.currency, 'USD'), s.cost FROM marketing.spend AS s, (SELECT DISTINCT conversion FROM sessions.conversions) AS k
				)
				SELECT a.conversion || ' ' || a.what || ' ' || CASE WHEN r.rate IS NULL THEN a.currency ELSE 'USD' END || ' ' || m
					|| ' ' || round(sum(a.amount * coalesce(r.rate, 1)), 4)
				FROM amounts AS a LEFT JOIN rates AS r USING (currency), unnest($2::text[]) AS m
				GROUP BY a.conversion, a.what, CASE WHEN r.rate IS NULL THEN a.currency ELSE 'USD' END, m HAVING sum(a.amount) IS NOT NULL
				UNION ALL
				SELECT conversion || ' conversions USD ' || m || ' ' || count(*) || ' of them at once ' || count(*) FILTER (WHERE session_count = 1)
				FROM sessions.conversions, unnest($2::text[]) AS m GROUP BY conversion, m
				ORDER BY 1`
			found := `SELECT conversion || ' ' || what || ' ' || currency || ' ' || model || ' ' || round(sum(amount)::numeric, 4)
				FROM sessions.channel_performance, LATERAL (VALUES ('revenue', revenue), ('spend', spend)) AS v (what, amount)
				GROUP BY conversion, what, currency, model HAVING count(*) FILTER (WHERE amount <> 0) > 0
				UNION ALL
				SELECT conversion || ' conversions ' || currency || ' ' || model || ' ' || round(sum(conversions)::numeric, 9)::float8
					|| ' of them at once ' || round(sum(first_visit_conversions)::numeric, 9)::float8
				FROM sessions.channel_performance GROUP BY conversion, currency, model HAVING sum(conversions) > 0
				ORDER BY 1`
			var models []string
			for _, m := range model.All() {
				models = append(models, m.String())
			}
			require.Equal(t, list(t, p, wanted, seed%2 == 0, models), list(t, p, found))

			// Credit by credit it is what the view says.
			require.Empty(t, list(t, p, `
				SELECT concat_ws(' ', day, conversion, model, channel, sum(a), sum(b)) FROM (
				SELECT (converted_at AT TIME ZONE 'UTC')::date AS day, conversion, model, channel, source, medium, campaign, credit AS a, 0 AS b FROM sessions.credits
				UNION ALL
				SELECT day, conversion, model, channel, source, medium, campaign, 0, conversions FROM sessions.channel_performance) AS c
				GROUP BY day, conversion, model, channel, source, medium, campaign HAVING abs(sum(a) - sum(b)) > 1e-9`))
			require.Zero(t, value[int](t, p, `SELECT count(*) FROM (SELECT FROM sessions.channel_performance
				GROUP BY day, conversion, model, channel, source, medium, campaign, currency HAVING count(*) > 1) AS twice`))
			require.Zero(t, value[int](t, p, `SELECT count(*) FROM sessions.channel_performance WHERE cac IS DISTINCT FROM nullif(spend, 0) / nullif(conversions, 0)
				OR roas IS DISTINCT FROM revenue / nullif(spend, 0) OR ltv IS DISTINCT FROM revenue / nullif(conversions, 0)`))
		})
	}
}

// performance is channel_performance of a model, a line a row.
func performance(t *testing.T, p *pipeline.Pipeline, model string) []string {
	t.Helper()
	return list(t, p, `SELECT concat_ws(' | ', day, conversion, coalesce(channel, '-'), coalesce(campaign, '-'), currency, conversions, revenue, spend, 'cac ' || cac, 'roas ' || roas, 'ltv ' || ltv)
		FROM sessions.channel_performance WHERE model = $1 ORDER BY day, channel, conversions, currency`, model)
}

// TestMoneyByHand: CAC, ROAS and LTV of a small example; spend that nobody came by and
// signups that cost nothing; payments of strangers and refunds; and all of it again when
// the platform restates what it charged.
func TestMoneyByHand(t *testing.T) {
	t.Parallel()
	file := write(t, "\ufeffDate,Source,MEDIUM,campaign,cost\n2024-01-01, Google ,CPC,brand,20\n2024-01-01,google,cpc,brand,10.50\n2024-01-02,google,cpc,lost,7\n")
	query := write(t, "-- what the shop knows\nSELECT id AS user_id, cents / 100.0 AS amount, paid AS time, upper('eur') AS currency FROM marketing.shop")
	p := moneyed(t, func(m *config.Money) {
		m.Rates = map[string]float64{"EUR": 2}
		m.Spend.File, m.Revenue.Query = file, query
	})
	random := rand.New(rand.NewPCG(1, 1))
	convert(t, p, random, "ada", "signup", 1, "2024-01-01 12:00+00", "NULL", "NULL", 1, search)
	convert(t, p, random, "bob", "signup", 1, "2024-01-01 13:00+00", "NULL", "NULL", 2, direct)
	exec(t, p, "INSERT INTO aliases.user_ids VALUES ('ada', 'ada'), ('bob', 'bob'), ('eve', 'eve')",
		"CREATE TABLE marketing.shop (id text, cents bigint, paid date)",
		"INSERT INTO marketing.shop VALUES ('ada', 6100, '2024-02-01'), ('ada', -1000, '2024-03-01'), ('eve', 500, '2024-03-05'), ('who', 300, '2024-03-07'), (NULL, 200, '2024-03-06')")
	require.Empty(t, attribute(t, p))
	require.Equal(t, []string{
		"2024-01-01 | signup | Direct | - | USD | 1 | 0 | 0 | ltv 0",
		"2024-01-01 | signup | Paid Search | brand | USD | 1 | 102 | 30.5 | cac 30.5 | roas 3.3442622950819674 | ltv 102",
		"2024-01-02 | signup | Paid Search | lost | USD | 0 | 0 | 7 | roas 0",
		"2024-03-05 | signup | - | - | USD | 0 | 10 | 0",
		"2024-03-07 | signup | - | - | USD | 0 | 10 | 0",
	}, performance(t, p, "linear"))
	require.Equal(t, []string{"- EUR 5.00 2", "ada EUR 51.00 2", "eve EUR 5.00 1"}, list(t, p,
		"SELECT concat_ws(' ', coalesce(alias_id, '-'), currency, round(amount, 2), payment_count) FROM sessions.revenue ORDER BY 1"))

	require.NoError(t, os.WriteFile(file, []byte("date,source,medium,campaign,cost,currency\n2024-01-01,google,cpc,brand,-4,EUR\n"), 0o600))
	exec(t, p, "DELETE FROM marketing.shop WHERE id IS NULL OR id IN ('eve', 'who')")
	require.Empty(t, attribute(t, p))
	require.Equal(t, []string{
		"2024-01-01 | signup | Direct | - | USD | 1 | 0 | 0 | ltv 0",
		"2024-01-01 | signup | Paid Search | brand | USD | 1 | 102 | -8 | cac -8 | roas -12.75 | ltv 102",
	}, performance(t, p, "linear"))

	// Without money there is none: settings taken back take their rows along.
	none := again(t, p, func(*config.Money) {})
	require.Empty(t, attribute(t, none))
	require.Zero(t, value[int](t, p, `SELECT (SELECT count(*) FROM sessions.spend) + (SELECT count(*) FROM sessions.revenue)
		+ (SELECT count(*) FROM sessions.channel_performance)`))
}

// TestMoneyThatCannotBeRead is a warning that says where, and leaves what there was.
func TestMoneyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := moneyed(t, func(m *config.Money) {
		m.Spend.File = write(t, "date,source,cost\n2024-01-01,google,5\n")
		m.Revenue.Table = "marketing.payments"
	})
	exec(t, p, "CREATE TABLE marketing.payments (user_id text, amount numeric, time timestamptz)", "INSERT INTO marketing.payments VALUES ('ada', 9, '2024-01-05')",
		"CREATE TABLE marketing.infinite (user_id text, amount float8, time timestamptz)", "INSERT INTO marketing.infinite VALUES ('ada', 9, '2024-01-05'), ('ada', 'Infinity', '2024-01-05')",
		"CREATE VIEW marketing.broken AS SELECT 'ada'::text AS user_id, 1 / (length(current_user) * 0) AS amount, now() AS time",
		"CREATE SEQUENCE marketing.numbers")
	random := rand.New(rand.NewPCG(1, 1))
	convert(t, p, random, "ada", "signup", 1, "2024-01-01 12:00+00", "NULL", "NULL", 1, search)
	require.Empty(t, attribute(t, p))
	before := snapshot(t, p, "sessions")
	require.Len(t, before["sessions.spend"], 1)
	require.Len(t, before["sessions.revenue"], 1)

	file := func(text string) func(*config.Money) {
		path := write(t, text)
		return func(m *config.Money) { m.Spend.File = path }
	}
	query := func(text string) func(*config.Money) {
		path := write(t, text)
		return func(m *config.Money) { m.Revenue.Query = path }
	}
	for _, c := range []struct {
		change func(*config.Money)
		says   string
	}{
		{func(m *config.Money) { m.Spend.File = "/nowhere.csv" }, "money.spend.file: open /nowhere.csv"},
		{func(m *config.Money) { m.Spend.Table = "marketing.gone" }, "there is no table or view marketing.gone"},
		{func(m *config.Money) { m.Spend.Table = "marketing.payments" }, `marketing.payments: there is no column date among ["user_id" "amount" "time"]`},
		{func(m *config.Money) { m.Revenue.Table = "marketing.infinite" }, `marketing.infinite: row 2: amount "Infinity" is no amount`},
		{func(m *config.Money) { m.Revenue.Table = "marketing.broken" }, "marketing.broken: ERROR: division by zero"},
		{func(m *config.Money) { m.Revenue.Query = "/nowhere.sql" }, "money.revenue.query: open /nowhere.sql"},
		{query("SELECT 1 AS user_id"), "there is no column amount"},
		{query("SELECT 1 AS user_id, 2 AS amount, 3 AS amount, now() AS time"), "there are two columns amount"},
		{query("SELECT 1; DELETE FROM marketing.payments"), "cannot insert multiple commands"},
		{query("DELETE FROM marketing.payments RETURNING user_id, amount, time"), "read-only transaction"},
		{query("SELECT nextval('marketing.numbers') AS user_id, 1 AS amount, now() AS time"), "read-only transaction"},
		{query("COMMIT"), "there is no column user_id"},
		{query("SELECT *\nFROM payments"), `:2: ERROR: relation "payments" does not exist`},
		{query("SELECT 'x' AS user_id, 1 AS amount, 'soon' AS time"), `row 1: time "soon" is no day`},
		{query("SELECT 'x' AS user_id, 1e16 AS amount, now() AS time"), "beyond what is believed"},
		{query("SELECT 'x' AS user_id, 1 AS amount, now() AS time, 'euros' AS currency"), `currency "euros" is no code`},
		{query("SELECT $1"), "expected 1 arguments, got 0"},
		{query(""), "there is no column user_id"},
		{file(""), ":1: the file is empty"},
		{file("date;source;cost\n"), ":1: there is no column date"},
		{file("date,source,cost\n2024-01-01,google,5\n2024-01-02,google\n"), ":3: wrong number of fields"},
		{file("date,source,cost\n2024-01-01,goo\"gle,5\n"), ":2: bare \""},
		{file("date,source,cost\n2024-01-01,google,\n"), ":2: cost is empty"},
		{file("date,source,cost\n\n2024-01-01,\"goo\ngle\",\"1,5\"\n"), `:3: cost "1,5" is no amount`},
		{file("date,source,cost\n01/02/2024,google,1\n"), `:2: date "01/02/2024" is no day`},
		{file("date,source,cost\n0001-01-01,google,1\n"), `:2: date "0001-01-01" is no day`},
		{file("date,source,cost,currency\n2024-01-01,google,1,€\n"), `:2: currency "€" is no code`},
		{file("date,source,cost\n2024-01-01,google,1e99999\n"), `is no amount`},
		{file("date,source,cost\n2024-01-01,google,NaN\n"), `is no amount`},
	} {
		broken := again(t, p, func(m *config.Money) {
			c.change(m)
			if m.Spend == (config.Spend{}) {
				m.Spend.File = write(t, "date,source,cost\n2024-01-01,google,5\n")
			}
			if m.Revenue == (config.Revenue{}) {
				m.Revenue.Table = "marketing.payments"
			}
		})
		warnings := attribute(t, broken)
		require.Len(t, warnings, 1, c.says)
		require.Contains(t, warnings[0], c.says)
		require.Contains(t, warnings[0], "keeps what it had")
		same(t, before, snapshot(t, p, "sessions"), "%s", c.says)
	}
	require.Equal(t, 1, value[int](t, p, "SELECT count(*) FROM marketing.payments"))
}

// TestMoneyHostileTexts: names of tables and columns and every text in the lists are data
// and nothing else.
func TestMoneyHostileTexts(t *testing.T) {
	t.Parallel()
	p := moneyed(t, func(m *config.Money) {
		m.Spend.Table, m.Revenue.Table = `mar"keting'; DROP SCHEMA sessions CASCADE; --.sp"end $1 {{Run}}`, `mar"keting'; DROP SCHEMA sessions CASCADE; --.pay @currency`
	})
	exec(t, p, `CREATE SCHEMA "mar""keting'; DROP SCHEMA sessions CASCADE; --"`,
		`CREATE TABLE "mar""keting'; DROP SCHEMA sessions CASCADE; --"."sp""end $1 {{Run}}" (date date, source text, medium text, "CAMPAIGN" text, cost numeric)`,
		`CREATE TABLE "mar""keting'; DROP SCHEMA sessions CASCADE; --"."pay @currency" (user_id text, amount numeric, time timestamptz)`)
	hostile := []string{`'; DROP SCHEMA sessions CASCADE; --`, `"`, `\N`, `\.`, "a\tb\nc", "\u202eé😀", `{{.}} $1 @currency %s`, strings.Repeat("'", 5000)}
	for _, text := range hostile {
		_, err := p.DB().Pool.Exec(t.Context(), `INSERT INTO "mar""keting'; DROP SCHEMA sessions CASCADE; --"."sp""end $1 {{Run}}" VALUES ('2024-01-01', $1, $1, $1, 1)`, text)
		require.NoError(t, err)
		_, err = p.DB().Pool.Exec(t.Context(), `INSERT INTO "mar""keting'; DROP SCHEMA sessions CASCADE; --"."pay @currency" VALUES ($1, 1, '2024-01-01')`, text)
		require.NoError(t, err)
	}
	require.Empty(t, attribute(t, p))
	require.Equal(t, len(hostile), value[int](t, p, "SELECT count(*) FROM sessions.spend WHERE source = lower(source)"))
	require.Equal(t, 512, value[int](t, p, "SELECT max(length(campaign)) FROM sessions.spend"), "cut as tags of touches are")
	require.Equal(t, float64(2*len(hostile)), value[float64](t, p, "SELECT sum(spend + revenue) FROM sessions.channel_performance WHERE model = 'shapley'"))
	_, err := p.Plan(t.Context(), pipeline.Request{Stages: one("attribute")})
	require.NoError(t, err)
}
