package report_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/report"
	"github.com/attribution-dev/attribution/internal/simulate"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/sql"
)

// money is spend on the paid campaigns there are, payments of every third person, and
// what stage 7 makes of both.
const money = `
	TRUNCATE sessions.spend, sessions.revenue, sessions.channel_performance;
	INSERT INTO sessions.spend (spent_on, source, medium, campaign, channel, cost, currency)
	SELECT d::date, source, medium, campaign, channel, 3 + abs(hashtext(campaign || d::text) % 500) / 100.0, 'USD'
	FROM (SELECT DISTINCT source, medium, campaign, channel FROM sessions.paths WHERE is_paid AND campaign IS NOT NULL) AS c
	CROSS JOIN generate_series((SELECT min(converted_at) FROM sessions.paths), (SELECT max(converted_at) FROM sessions.paths), interval '1 day') AS d;
	INSERT INTO sessions.revenue (alias_id, is_identified, currency, amount, payment_count, first_paid_at, last_paid_at)
	SELECT alias_id, is_identified, CASE WHEN hashtext(alias_id) % 9 = 0 THEN 'EUR' ELSE 'USD' END, 49 * (1 + abs(hashtext(alias_id) % 12)), 1, signup_timestamp, signup_timestamp
	FROM sessions.attribution
	WHERE hashtext(alias_id) % 3 = 0;
	INSERT INTO sessions.channel_performance (day, conversion, model, channel, source, medium, campaign, currency, conversions, first_visit_conversions, revenue, spend)
	SELECT day, 'signup', model, channel, source, medium, campaign, 'USD', sum(conversions), 0, sum(revenue), sum(spend)
	FROM (
		SELECT converted_at::date AS day, model, channel, source, medium, campaign, credit AS conversions,
			credit * coalesce(r.amount * CASE r.currency WHEN 'EUR' THEN 1.25 ELSE 1 END, 0)::float8 AS revenue, 0 AS spend
		FROM sessions.credits AS c
		LEFT JOIN sessions.revenue AS r USING (alias_id, is_identified)
		WHERE conversion = 'signup'
		UNION ALL
		SELECT spent_on, model, channel, source, medium, campaign, 0, 0, cost::float8
		FROM sessions.spend
		CROSS JOIN (SELECT DISTINCT model FROM sessions.credits) AS m
	) AS p
	GROUP BY 1, 3, 4, 5, 6, 7`

// rates are those the money was converted by.
var rates = map[string]float64{"EUR": 1.25}

// world is a database with a year of simulated signups, and the money they brought.
func world(t testing.TB) *pg.DB {
	t.Helper()
	return open(t, testkit.Template(t, "report "+money, func(ctx context.Context, url string) error {
		if err := migrated.Migrate(ctx, url); err != nil {
			return err
		}
		c := config.New()
		c.DatabaseURL, c.Sources = url, []string{"website", "app"}
		p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
		if err != nil {
			return err
		}
		defer p.Close()
		w, err := simulate.New(simulate.Options{Events: 60_000, Days: 400, Seed: 11, Sources: c.Sources})
		if err != nil {
			return err
		}
		return p.DB().Pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
			if err := w.WriteTables(ctx, conn.Conn(), 0, 400, nil); err != nil {
				return err
			}
			if _, err := p.Run(ctx, pipeline.Request{AsOf: w.Day(400).Add(4 * time.Hour)}); err != nil {
				return err
			}
			_, err := conn.Exec(ctx, money)
			return err
		})
	}))
}

// day is a day.
const day = 24 * time.Hour

// empty is a database in which nothing was published.
func empty(t testing.TB) *pg.DB {
	t.Helper()
	return open(t, migrated.Database(t))
}

// open is a database of the default schemas.
func open(t testing.TB, url string) *pg.DB {
	t.Helper()
	pool, err := pg.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	names := pipeline.Names(config.New())
	templates, err := pg.ParseTemplates(sql.FS, names)
	require.NoError(t, err)
	return &pg.DB{Pool: pool, Names: names, Templates: templates}
}

// read is the report of the options, by default of signups and first touch.
func read(t testing.TB, db *pg.DB, o report.Options) *report.Report {
	t.Helper()
	if o.Conversion == "" {
		o.Conversion = "signup"
	}
	if o.Model == "" {
		o.Model = "first_touch"
	}
	if o.Now.IsZero() {
		o.Now = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	}
	r, err := report.Read(t.Context(), db, o)
	require.NoError(t, err)
	return r
}

// execute runs statements.
func execute(t testing.TB, db *pg.DB, statement string) {
	t.Helper()
	_, err := db.Pool.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
}

// table is the table of the name.
func table(t testing.TB, r *report.Report, id string) report.Table {
	t.Helper()
	for _, s := range r.Sections {
		for _, table := range s.Tables {
			if table.ID == id {
				return table
			}
		}
	}
	require.Fail(t, "no table "+id)
	return report.Table{}
}
