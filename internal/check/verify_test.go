package check_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/progress"
	"github.com/attribution-dev/attribution/internal/testkit/world"
	"github.com/attribution-dev/attribution/sql"
)

func verify(t *testing.T, p *pipeline.Pipeline, o check.VerifyOptions) check.VerifyReport {
	t.Helper()
	r, err := check.Verify(t.Context(), p.DB(), p.Settings(), o)
	require.NoError(t, err)
	return r
}

// text is the report as printed.
func text(t *testing.T, r check.VerifyReport) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, r.Text(&b))
	return b.String()
}

// failed are the names of the checks that failed.
func failed(r check.VerifyReport) (names []string) {
	for _, c := range r.Checks {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestVerifyHoldsOnRandomWorlds(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := world.Random(1000+seed, world.Options{})
			p := installWorld(t, w)
			for n := range w.Nights() {
				night(t, p, w, n)
				for _, one := range []int{1, 2} {
					r := verify(t, p, check.VerifyOptions{SampleOneIn: one})
					require.True(t, r.Ok(), "night %d, one in %d:\n%s\n%s", n, one, text(t, r), w)
					require.Len(t, r.Checks, 22)
					require.Empty(t, r.Notes)
				}
			}
			var schemas int
			require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = $1",
				check.VerifySchema).Scan(&schemas))
			require.Zero(t, schemas, "the scratch schema is gone")
		})
	}
}

// damaged is a world of one person with a signup, two sessions and an anonymous
// history on a device, and one more person.
func damaged(t *testing.T) *pipeline.Pipeline {
	t.Helper()
	p := install(t, func(c *config.Config) { c.Sources = []string{"website"} })
	for _, statement := range []string{
		`CREATE SCHEMA website`,
		`CREATE TABLE website.pages (id text PRIMARY KEY, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz,
			anonymous_id text, user_id text, url text, referrer text, context_campaign_source text, context_campaign_medium text)`,
		`CREATE TABLE website.tracks (id text PRIMARY KEY, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz,
			anonymous_id text, user_id text, event text)`,
		`INSERT INTO website.pages
			SELECT id, at, at, at, device, "user", 'https://shop.example/' || id, NULL, source, medium
			FROM (VALUES
				('p1', '2024-03-01 09:00Z'::timestamptz, 'd1', NULL, 'google', 'cpc'),
				('p2', '2024-03-01 09:05Z', 'd1', NULL, NULL, NULL),
				('p3', '2024-03-09 12:00Z', 'd1', 'ann', 'news', 'email'),
				('p4', '2024-03-09 13:00Z', 'd2', NULL, NULL, NULL)
			) AS v (id, at, device, "user", source, medium)`,
		`INSERT INTO website.tracks
			SELECT 't1', at, at, at, 'd1', 'ann', 'signed_up' FROM (VALUES ('2024-03-09 12:03Z'::timestamptz)) AS v (at)`,
	} {
		_, err := p.DB().Pool.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	_, err := p.Run(t.Context(), pipeline.Request{AsOf: time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC), Choices: pipeline.Choices{AllowShrink: true}})
	require.NoError(t, err)
	return p
}

func TestVerifyNamesTheDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage string
		failed []string
		says   []string
	}{
		"nothing": {
			damage: `SELECT`,
			says:   []string{"ok      sessions.touches: 3 rows compared, all as the reference has them", "All 22 checks hold."},
		},
		"a changed touch": {
			damage: `UPDATE sessions.touches SET source = 'bing' WHERE alias_id = 'ann' AND position = 1`,
			failed: []string{"sessions.touches"},
			says:   []string{"1 differing. user:ann (position 1) differing: source is bing, the reference has google", "the difference arose after"},
		},
		"a touch changed to nothing": {
			damage: `UPDATE sessions.touches SET source = NULL WHERE alias_id = 'ann' AND position = 1`,
			failed: []string{"sessions.touches"},
			says:   []string{"source is NULL, the reference has google"},
		},
		"a deleted session": {
			damage: `DELETE FROM sessions.all_sessions WHERE alias_id = 'd2'`,
			failed: []string{"events in sessions", "sessions.all_sessions"},
			says:   []string{"4 in sessions.all_sessions, 5 in visits", "1 missing. anon:d2 (started_at 2024-03-09 13:00:00+00) missing"},
		},
		"a useful session lost": {
			damage: `DELETE FROM sessions.useful_sessions WHERE kind = 'signup'`,
			failed: []string{"sessions.useful_sessions"},
			says:   []string{"user:ann (kind signup) missing"},
		},
		"an extra row of attribution": {
			damage: `INSERT INTO sessions.attribution (alias_id, session_count_before_signup, signup_timestamp, is_identified)
				VALUES ('nobody', 0, now(), false)`,
			failed: []string{"signed-up persons", "sessions.attribution"},
			says:   []string{"1 with a row without a signup", "1 extra. anon:nobody extra"},
		},
		"a person miscounted": {
			damage: `UPDATE sessions.persons SET session_count = 9 WHERE alias_id = 'd2'`,
			failed: []string{"sessions.persons"},
			says:   []string{"anon:d2 differing: session_count is 9, the reference has 1"},
		},
		"a conversion lost": {
			damage: `DELETE FROM sessions.conversions`,
			failed: []string{"sessions.conversions", "session_stages.transitions"},
			says:   []string{"user:ann (conversion, number signup, 1) missing"},
		},
		"a credit moved": {
			damage: `UPDATE sessions.paths SET linear = 0.25 WHERE position = 1`,
			failed: []string{"sessions.paths"},
			says:   []string{"user:ann (conversion, number, position signup, 1, 1) differing: linear is 0.25, the reference has 0.5"},
		},
		"a transition too many": {
			damage: `INSERT INTO session_stages.transitions VALUES ('signup', '{Email}', '(null)', 1)`,
			failed: []string{"session_stages.transitions"},
			says:   []string{"counted anew from the paths, 1 differing"},
		},
		"a wrong alias": {
			damage: `UPDATE aliases.anonymous_ids SET alias_id = 'bob' WHERE anonymous_id = 'd1'`,
			failed: []string{"aliases.anonymous_ids"},
			says:   []string{"anon:d1 differing: it belongs to user:bob, by the reference to user:ann"},
		},
		"an alias lost": {
			damage: `DELETE FROM aliases.anonymous_ids WHERE anonymous_id = 'd1'`,
			failed: []string{"aliases.anonymous_ids"},
			says:   []string{"anon:d1 missing: it belongs to nobody, by the reference to user:ann"},
		},
		"a user too many": {
			damage: `INSERT INTO aliases.user_ids VALUES ('bob', 'ann')`,
			failed: []string{"aliases.user_ids"},
			says:   []string{"user:bob extra: it belongs to user:ann, by the reference to nobody"},
		},
		"a changed counter": {
			damage: `UPDATE attribution_ops.counters SET in_visits = in_visits + 1`,
			failed: []string{"events in visits", "events in sessions"},
			says:   []string{"2024-03: 5 in all_tracks, 6 in attribution_ops.counters.in_visits"},
		},
		"a changed count of server events": {
			damage: `UPDATE attribution_ops.counters SET server = 7`,
			failed: []string{"server events"},
			says:   []string{"2024-03: 0 in all_sightings, 7 in attribution_ops.counters.server"},
		},
		"an event lost on the way": {
			damage: `WITH lost AS (DELETE FROM session_stages.all_tracks WHERE anonymous_id = 'd2' RETURNING 1)
				UPDATE attribution_ops.counters SET in_visits = in_visits - 1 WHERE EXISTS (SELECT FROM lost)`,
			failed: []string{"every event accounted for", "events in sessions"},
			says:   []string{"2024-03: 5 in app_tracks, 4 in visits, server, ignored, bot and blocked events"},
		},
		"a row deleted at the source": {
			damage: `DELETE FROM website.pages WHERE id = 'p1'`,
			failed: []string{"sessions.all_sessions", "sessions.useful_sessions", "sessions.touches", "sessions.attribution", "sessions.persons", "sessions.paths", "rows taken in"},
			says: []string{
				"1 taken in but not there now (1 of website.pages)", "Rows may have been deleted at the source: 1 row",
				"no longer there, or loaded again since: 1 of website.pages",
			},
		},
		"a row that came late": {
			damage: `INSERT INTO website.pages (id, received_at, uuid_ts, anonymous_id, url)
				VALUES ('p9', '2024-03-09 13:10Z', '2024-03-09 13:10Z', 'd2', 'https://shop.example/late')`,
			failed: []string{"source rows accounted for", "sessions.all_sessions", "sessions.persons", "rows taken in"},
			says:   []string{"unaccounted for: 1 of website.pages", "1 there but not taken in", "under an older load time"},
		},
		"a row that will come": {
			damage: `INSERT INTO website.pages (id, received_at, uuid_ts, anonymous_id, url)
				VALUES ('p9', '2024-04-01 13:10Z', '2024-04-01 13:10Z', 'd2', 'https://shop.example/new')`,
			says: []string{"All 22 checks hold."},
		},
		"work that waits": {
			damage: `INSERT INTO attribution_ops.dirty_persons (alias_id, is_identified, mark) VALUES ('ann', true, 1)`,
			failed: []string{"no work waits"},
			says:   []string{"persons that wait for stage resessionize: 1", "run \"attribution run\", then verify again"},
		},
		"a first reading that goes on": {
			damage: `UPDATE attribution_ops.high_water_marks SET first_as_of = now() WHERE source_table = 'pages'`,
			failed: []string{"no work waits"},
			says:   []string{"source tables whose first reading goes on: 1"},
		},
		"an extraction that failed": {
			damage: `INSERT INTO attribution_ops.stage_runs (run_id, stage, attempt, state) VALUES (1, 'extract', 2, 'failed')`,
			failed: []string{"no work waits"},
			says:   []string{"the last extraction did not complete"},
		},
		"no extraction that completed": {
			damage: `UPDATE attribution_ops.stage_runs SET state = 'failed' WHERE stage = 'extract'`,
			failed: []string{"no work waits"},
			says:   []string{"nothing has been taken in completely yet"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := damaged(t)
			exec(t, p, c.damage)
			r := verify(t, p, check.VerifyOptions{})
			printed := text(t, r)
			require.Equal(t, c.failed, failed(r), printed)
			require.Equal(t, len(c.failed) == 0, r.Ok())
			flat := strings.Join(strings.Fields(printed), " ")
			for _, s := range c.says {
				require.Contains(t, flat, strings.Join(strings.Fields(s), " "), printed)
			}
			_, err := json.Marshal(r)
			require.NoError(t, err)
		})
	}
}

func TestVerifySampleLooksAtItsPersonsOnly(t *testing.T) {
	t.Parallel()
	p := damaged(t)
	var sampled []string
	for _, id := range []string{"ann", "d2"} {
		var in bool
		require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT hashtextextended($1, 0) % 2 = 0", id).Scan(&in))
		if in {
			sampled = append(sampled, "sessions.touches")
		}
		exec(t, p, `UPDATE sessions.touches SET term = 'x' WHERE alias_id = $1`, id)
		r := verify(t, p, check.VerifyOptions{SampleOneIn: 2})
		require.Equal(t, len(sampled) == 0, r.Ok(), "%s: %s", id, text(t, r))
		require.Equal(t, sampled[:min(1, len(sampled))], failed(r))
		require.Contains(t, text(t, r), "for one person in 2.")
	}
}

func TestVerifySamplesAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	statement, err := fs.ReadFile(sql.FS, "09_check/030_compare_rows.sql")
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(statement), "WHERE "+check.SampleCondition))
}

// A run that swaps tables while verify reads takes them from under its snapshot.
func TestVerifyNoticesARunMeanwhile(t *testing.T) {
	t.Parallel()
	p := damaged(t)
	exec(t, p, `UPDATE sessions.touches SET source = 'bing'`)
	looked := 0
	clock := func() time.Time {
		if looked++; looked == 4 {
			exec(t, p, `INSERT INTO attribution_ops.runs (as_of, is_full, stages, version) VALUES (now(), true, '{}', 'test')`)
		}
		return time.Now()
	}
	r := verify(t, p, check.VerifyOptions{Progress: func(label, unit string, total int64) *progress.Progress {
		return progress.New(progress.Options{Log: slog.New(slog.DiscardHandler), Label: label, Unit: unit, Total: total, Now: clock})
	}})
	require.Contains(t, strings.Join(r.Notes, "\n"), "run 2 began while verify was at work")
}

func TestVerifyBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	r := verify(t, install(t, nil), check.VerifyOptions{})
	require.Equal(t, []string{"no work waits"}, failed(r))
	require.Contains(t, text(t, r), "nothing has been taken in completely yet")
}

func TestVerifyLeavesAForeignSchemaAlone(t *testing.T) {
	t.Parallel()
	p := damaged(t)
	exec(t, p, "CREATE SCHEMA "+check.VerifySchema)
	_, err := check.Verify(t.Context(), p.DB(), p.Settings(), check.VerifyOptions{})
	require.ErrorContains(t, err, "was not made by the reference")
}

func TestVerifyWithoutConfiguredSources(t *testing.T) {
	t.Parallel()
	p := damaged(t)
	s := p.Settings()
	s.Sources = nil
	r, err := check.Verify(t.Context(), p.DB(), s, check.VerifyOptions{})
	require.NoError(t, err)
	require.True(t, r.Ok(), text(t, r))
}

// TestVerifyPassesOverWhatMayNotBeRead, as a night does.
func TestVerifyPassesOverWhatMayNotBeRead(t *testing.T) {
	t.Parallel()
	p := install(t, func(c *config.Config) {
		c.Sources, c.Conversions = []string{"website"}, []config.Conversion{{Name: "purchase", Events: []string{"Paid"}, Value: "amount"}}
	})
	for _, sql := range []string{
		`CREATE SCHEMA website`,
		`CREATE TABLE website.tracks (id text, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz, anonymous_id text, user_id text, event text)`,
		`INSERT INTO website.tracks SELECT 't1', at, at, at, 'd1', 'ann', 'paid' FROM (SELECT now() - interval '1 day' AS at) AS w`,
		`CREATE TABLE website.paid (id text, amount text)`,
	} {
		exec(t, p, sql)
	}
	_, err := p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)

	role := "job_" + strings.ToLower(rand.Text())
	exec(t, p, "CREATE ROLE "+role)
	t.Cleanup(func() {
		for _, sql := range []string{"DROP OWNED BY ", "DROP ROLE "} {
			_, err := p.DB().Pool.Exec(context.WithoutCancel(t.Context()), sql+role)
			require.NoError(t, err)
		}
	})
	exec(t, p, "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO "+role+"', current_database()); END $$")
	for _, schema := range []string{"website", "segment", "session_stages", "sessions", "aliases", "attribution_ops"} {
		exec(t, p, "GRANT USAGE ON SCHEMA "+schema+" TO "+role)
		exec(t, p, "GRANT SELECT ON ALL TABLES IN SCHEMA "+schema+" TO "+role)
	}
	exec(t, p, "REVOKE SELECT ON website.paid FROM "+role)
	pool, err := pg.Connect(t.Context(), p.DB().Pool.Config().ConnString()+"&role="+role)
	require.NoError(t, err)
	defer pool.Close()
	db := *p.DB()
	db.Pool = pool
	r, err := check.Verify(t.Context(), &db, p.Settings(), check.VerifyOptions{})
	require.NoError(t, err)
	require.True(t, r.Ok(), text(t, r))
}
