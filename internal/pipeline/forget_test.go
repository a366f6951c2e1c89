package pipeline_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

var fewerWorlds = flag.Int("fewer-worlds", 6, "how many random worlds the tests of forgetting and of deletions compare, each")

// TestForgettingInWorlds forgets persons between the nights of random small worlds: the
// nightly path, the full path and the reference must agree afterwards, every event
// must be accounted for, and who is who must be what the sources, less those rows, give.
func TestForgettingInWorlds(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(ctx context.Context, w world.World, night int, p *pipeline.Pipeline) (pipeline.Request, error) {
		dice := rand.New(rand.NewPCG(w.Seed, uint64(night)))
		for range dice.IntN(3) {
			row := w.Rows[dice.IntN(len(w.Rows))]
			who := pipeline.ForgetRequest{Unseen: true}
			for _, c := range []struct{ kind, column string }{{"user:", "user_id"}, {"anon:", "anonymous_id"}} {
				if id := row.Values[c.column]; id != "" && (who.Person == "" || dice.IntN(2) == 0) {
					who.Person = c.kind + id
				}
			}
			if _, err := p.Forget(ctx, who); err != nil && !errors.Is(err, pipeline.ErrUsage) {
				return pipeline.Request{}, err
			}
		}
		return pipeline.Request{}, nil
	})
}

// TestDeletionsInWorlds deletes rows at the sources between the nights: with Reconcile
// everything must be as if they had never been there.
func TestDeletionsInWorlds(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(ctx context.Context, w world.World, night int, p *pipeline.Pipeline) (pipeline.Request, error) {
		err := with(ctx, p, func(conn *pgx.Conn) error {
			for _, s := range w.Sources {
				for _, table := range s.Tables {
					name := pgx.Identifier{s.Schema, table.Kind.Table()}.Sanitize()
					_, err := conn.Exec(ctx, `
						DELETE FROM `+name+` WHERE ctid IN (
							SELECT ctid
							FROM (SELECT ctid, t::text AS content, row_number() OVER (PARTITION BY t::text) AS n FROM `+name+` AS t) AS r
							WHERE hashtextextended(content || n, $1) % 5 = 0
						)`, int64(w.Seed)+int64(night))
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		return pipeline.Request{Choices: pipeline.Choices{Reconcile: true, AllowShrink: true}}, err
	})
}

// inWorlds runs random worlds night by night, the nightly and the full way, with
// something done between the nights, and once more after the last; it fails with the
// first difference.
func inWorlds(t *testing.T, between func(ctx context.Context, w world.World, night int, p *pipeline.Pipeline) (pipeline.Request, error)) {
	const lanes = 2
	for lane := range lanes {
		t.Run(fmt.Sprintf("lane%d", lane), func(t *testing.T) {
			t.Parallel()
			for i := lane; i < *fewerWorlds; i += lanes {
				w := world.Random(*seed+uint64(i), world.Options{})
				if i%3 == 2 {
					w = w.Shuffled(w.Seed)
				}
				if err := compareBetween(t, w, between); err != nil {
					small := world.Shrink(w, func(w world.World) bool { return compareBetween(t, w, between) != nil })
					t.Fatalf("world %d:\n%v\nsmallest world that fails:\n%s\n%v", w.Seed, err, small, compareBetween(t, small, between))
				}
			}
		})
	}
}

func compareBetween(t *testing.T, w world.World, between func(context.Context, world.World, int, *pipeline.Pipeline) (pipeline.Request, error)) error {
	ctx := t.Context()
	paths := map[string]*pipeline.Pipeline{"nightly": install(t, configure(w)), "full": install(t, configure(w))}
	for _, p := range paths {
		defer p.Close()
		if err := with(ctx, p, func(conn *pgx.Conn) error { return w.Create(ctx, conn) }); err != nil {
			return err
		}
	}
	for night := range w.Nights() + 1 {
		at := w.NightAt(min(night, w.Nights()-1))
		for name, p := range paths {
			failed := func(err error) error { return fmt.Errorf("night %d, %s: %w", night, name, err) }
			request, err := between(ctx, w, night, p)
			if err != nil {
				return failed(err)
			}
			if err := with(ctx, p, func(conn *pgx.Conn) error { return w.Arrive(ctx, conn, night) }); err != nil {
				return failed(err)
			}
			request.AsOf, request.Full, request.Choices.AllowShrink = at, name == "full", true // tiny worlds shrink by chance
			if _, err := p.Run(ctx, request); err != nil {
				return failed(err)
			}
			var begun bool // before the first row a full run waits for it
			if err := p.DB().Pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM attribution_ops.counters)").Scan(&begun); err != nil {
				return failed(err)
			}
			if !begun {
				continue
			}
			report, err := check.Verify(ctx, p.DB(), p.Settings(), check.VerifyOptions{})
			if err == nil && !report.Ok() {
				var text strings.Builder
				err = errors.Join(report.Text(&text), errors.New(text.String()))
			}
			if err != nil {
				return failed(err)
			}
		}
		for _, table := range check.ReferenceTables() {
			want, err := dump(ctx, paths["full"], "sessions", table)
			if err != nil {
				return err
			}
			got, err := dump(ctx, paths["nightly"], "sessions", table)
			if err != nil {
				return err
			}
			if d := world.Diff(want, got); d != "" {
				return fmt.Errorf("night %d: nightly %s differs from full:\n%s", night, table, d)
			}
		}
	}
	return nil
}

// adas are the identifiers of a person in shop's rows; they are in no other text there.
var adas = []string{"ada-4711", "ada-0815", "device-of-ada", "phone-of-ada"}

// shop is a source with three persons: Ada, who signed up on a device of her own, was
// joined to an older user of hers by an alias call, and used a tablet Ben used too;
// Ben; and somebody who never signed in. Among Ada's rows are copies, one that is
// rejected, one without an id, a server event and an ignored one.
const shop = `
	CREATE SCHEMA website;
	CREATE TABLE website.tracks (id text, received_at timestamptz, uuid_ts timestamptz, "timestamp" timestamptz,
		anonymous_id text, user_id text, event text, event_text text, context_page_url text);
	CREATE TABLE website.identifies (LIKE website.tracks);
	CREATE TABLE website.aliases (LIKE website.tracks);
	ALTER TABLE website.aliases ADD previous_id text;
	INSERT INTO website.tracks (id, received_at, anonymous_id, user_id, event_text, context_page_url) VALUES
		('m01', '2024-01-30 09:00Z', 'device-of-ada', NULL, 'Viewed', 'https://shop.example/?utm_source=news'),
		('m02', '2024-03-01 09:00Z', ' device-of-ada ', ' ada-4711', 'Signed Up', 'https://shop.example/welcome'),
		('m02', '2024-03-01 09:01Z', 'device-of-ada', 'ada-4711', 'Signed Up', 'https://shop.example/welcome'),
		('m03', '2024-03-01 10:00Z', 'device-of-ada', 'null', 'Viewed', 'https://shop.example/'),
		('m04', '2024-03-01 11:00Z', NULL, 'ada-4711', 'Billed', NULL),
		('m05', '2024-03-01 11:30Z', 'device-of-ada', 'ada-4711', 'Heartbeat', NULL),
		('m06', '1999-01-01Z', 'device-of-ada', 'ada-4711', 'Viewed', NULL),
		(NULL, '2024-03-02 09:00Z', 'phone-of-ada', 'ada-0815', 'Viewed', 'https://shop.example/'),
		('m07', '2024-03-02 09:10Z', 'tablet', 'ada-4711', 'Viewed', 'https://shop.example/'),
		('m08', '2024-03-02 09:20Z', 'tablet', NULL, 'Viewed', 'https://shop.example/'),
		('m09', '2024-03-02 12:00Z', 'tablet', 'ben', 'Signed Up', 'https://shop.example/'),
		('m10', '2024-03-02 13:00Z', 'stranger', NULL, 'Viewed', 'https://shop.example/');
	INSERT INTO website.identifies (id, received_at, anonymous_id, user_id) VALUES
		('i01', '2024-03-01 08:59Z', 'device-of-ada', 'ada-4711'),
		('i02', '2024-02-01 08:59Z', 'phone-of-ada', NULL);
	INSERT INTO website.aliases (id, received_at, user_id, previous_id) VALUES
		('a01', '2024-03-03 09:00Z', 'ada-4711', 'ada-0815');
	CREATE SCHEMA billing;
	CREATE TABLE billing.payments (user_id text, amount numeric, time timestamptz);
	INSERT INTO billing.payments VALUES ('ada-4711', 10, '2024-03-02'), (' ada-0815', 5, '2024-03-03'), ('ben', 3, '2024-03-04')`

// forgetful is a pipeline on the shop, whose log is kept.
func forgetful(t *testing.T, log io.Writer) *pipeline.Pipeline {
	t.Helper()
	url := install(t, nil).DB().Pool.Config().ConnString()
	c := config.New()
	c.DatabaseURL, c.Sources, c.IgnoreEvents, c.Retry.MaxElapsed = url, []string{"website"}, []string{"Heartbeat"}, 0
	c.Money.Revenue.Table = "billing.payments"
	p, err := pipeline.Open(t.Context(), c, pipeline.Options{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	_, err = p.DB().Pool.Exec(t.Context(), shop)
	require.NoError(t, err)
	return p
}

// traces are the tables of ours in which a text stands, in any column, also within
// bytes; of every relation there is, found in the catalog.
func traces(t *testing.T, p *pipeline.Pipeline, texts ...string) (found []string) {
	t.Helper()
	rows, err := p.DB().Pool.Query(t.Context(), `
		SELECT n.nspname, c.relname
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('segment', 'session_stages', 'sessions', 'aliases', 'attribution_ops') AND c.relkind IN ('r', 'v', 'm')
		ORDER BY 1, 2`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pg.Table])
	require.NoError(t, err)
	require.Greater(t, len(tables), 30)
	for _, table := range tables {
		for _, text := range texts {
			var n int
			query := "SELECT count(*) FROM " + table.Ident().String() + " AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0"
			require.NoError(t, p.DB().Pool.QueryRow(t.Context(), query, text, hex.EncodeToString([]byte(text))).Scan(&n))
			if n > 0 {
				found = append(found, fmt.Sprintf("%s.%s: %s", table.Schema, table.Name, text))
			}
		}
	}
	return found
}

// TestForgettingLeavesNoTrace looks for the identifiers in every column of every table
// and in all that was logged, said and counted: at once, and after every kind of run.
func TestForgettingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := forgetful(t, &log)
	_, err := p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	require.Subset(t, tablesOf(traces(t, p, adas...)), []string{
		"segment.app_tracks_2024_03", "segment.app_identities_2024_02", "session_stages.all_tracks_2024_01", "session_stages.all_sightings_2024_03",
		"session_stages.all_conversions_2024_03", "aliases.edges", "aliases.first_sights", "aliases.user_ids", "aliases.anonymous_ids",
		"aliases.changes", "attribution_ops.rejected_rows", "sessions.attribution_all", "sessions.touches_all", "sessions.useful_sessions_all",
		"sessions.revenue",
	}, "before, the person is everywhere")
	// Work waits, and tables built aside: a killed night.
	_, err = p.DB().Pool.Exec(t.Context(), `INSERT INTO website.tracks (id, received_at, anonymous_id, user_id, event_text, context_page_url) VALUES
		('n01', now(), 'device-of-ada', 'ada-4711', 'Viewed', 'https://shop.example/'), ('n02', now(), 'tablet', 'ben', 'Viewed', 'https://shop.example/')`)
	require.NoError(t, err)
	all := stages.All()
	_, err = p.Run(t.Context(), pipeline.Request{Stages: all[:6]})
	require.NoError(t, err)
	_, err = p.DB().Pool.Exec(t.Context(), `INSERT INTO website.tracks (id, received_at, anonymous_id, user_id, event_text) VALUES ('n03', now(), 'device-of-ada', 'ada-4711', 'Viewed')`)
	require.NoError(t, err)
	_, err = p.Run(t.Context(), pipeline.Request{Stages: all[:1]})
	require.NoError(t, err)

	require.Subset(t, tablesOf(traces(t, p, adas...)), []string{"attribution_ops.dirty_pairs", "attribution_ops.dirty_persons"})
	log.Reset()
	done, err := p.Forget(t.Context(), pipeline.ForgetRequest{Person: "ada-0815"})
	require.NoError(t, err)
	require.EqualValues(t, 2, done.Users)
	require.EqualValues(t, 3, done.AnonymousIDs, "her device, her phone, and ada-0815 as the previous_id it is")
	noTrace := func(when string, said ...any) {
		t.Helper()
		require.Empty(t, traces(t, p, adas...), when)
		for _, id := range adas {
			require.NotContains(t, log.String()+fmt.Sprintf("%+v", said), id, when)
		}
	}
	noTrace("at once", done)
	for when, r := range map[string]pipeline.Request{"a night": {}, "a full run": {Full: true}, "a reconciling run": {Choices: pipeline.Choices{Reconcile: true}}} {
		report, err := p.Run(t.Context(), r)
		require.NoError(t, err, when)
		require.Positive(t, report.Stages[0].Result.Counters["rows_forgotten"], when)
		noTrace(when, report)
		verified, err := check.Verify(t.Context(), p.DB(), p.Settings(), check.VerifyOptions{})
		require.NoError(t, err)
		require.True(t, verified.Ok(), "%s: %+v", when, verified)
		noTrace("verify after "+when, verified)
	}
	plan, err := p.Plan(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	noTrace("a plan", plan)
	for _, id := range adas {
		_, err := p.FindPerson(t.Context(), p.DB().Pool, id)
		require.ErrorContains(t, err, "it was forgotten on")
		noTrace("asking", err)
	}
	// What she paid is there, and nobody's.
	var paid string
	require.NoError(t, p.DB().Pool.QueryRow(t.Context(), `SELECT string_agg(coalesce(r.alias_id, '-') || ' ' || r.amount, ', ' ORDER BY r.amount)
		|| ': ' || (SELECT sum(revenue) FROM sessions.channel_performance WHERE model = 'markov') FROM sessions.revenue AS r`).Scan(&paid))
	require.Equal(t, "ben 3, - 15: 18", paid)
	// The tablet is Ben's alone now.
	person, err := p.FindPerson(t.Context(), p.DB().Pool, "anon:tablet")
	require.NoError(t, err)
	require.Equal(t, event.Person{AliasID: "ben", IsIdentified: true}, person)
}

// tablesOf are the different tables among traces.
func tablesOf(traces []string) []string {
	for i, trace := range traces {
		traces[i], _, _ = strings.Cut(trace, ":")
	}
	slices.Sort(traces)
	return slices.Compact(traces)
}

// TestNewSourcesPassOverTheForgotten: a first reading of a source with unique ids takes
// its rows straight in, but for those of forgotten persons.
func TestNewSourcesPassOverTheForgotten(t *testing.T) {
	t.Parallel()
	p := forgetful(t, io.Discard)
	for _, who := range []string{"user:ada-4711", "user:ada-0815", "anon:device-of-ada", "anon:phone-of-ada"} {
		_, err := p.Forget(t.Context(), pipeline.ForgetRequest{Person: who, Unseen: true})
		require.NoError(t, err)
	}
	_, err := p.DB().Pool.Exec(t.Context(), `
		DELETE FROM website.tracks WHERE id IS NULL OR received_at = '2024-03-01 09:01Z';
		ALTER TABLE website.tracks ADD PRIMARY KEY (id);
		UPDATE website.tracks SET uuid_ts = '2024-03-10'`)
	require.NoError(t, err)
	report, err := p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	require.EqualValues(t, 10, report.Stages[0].Result.Counters["rows_forgotten"])
	require.EqualValues(t, 3, report.Stages[0].Result.RowsChanged)
	require.Empty(t, traces(t, p, adas...))
	verified, err := check.Verify(t.Context(), p.DB(), p.Settings(), check.VerifyOptions{})
	require.NoError(t, err)
	require.True(t, verified.Ok(), "%+v", verified)
}

// TestForgettingIsOneTransaction: one that fails at its end has changed nothing.
func TestForgettingIsOneTransaction(t *testing.T) {
	t.Parallel()
	p := forgetful(t, io.Discard)
	_, err := p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	before := traces(t, p, adas...)
	_, err = p.DB().Pool.Exec(t.Context(), `
		CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
		CREATE TRIGGER refuse BEFORE DELETE ON sessions.attribution_all FOR EACH ROW EXECUTE FUNCTION public.refuse()`)
	require.NoError(t, err)
	_, err = p.Forget(t.Context(), pipeline.ForgetRequest{Person: "ada-4711"})
	require.ErrorContains(t, err, "11_forget/101_delete_published.sql")
	require.NotContains(t, err.Error(), "ada")
	require.Equal(t, before, traces(t, p, adas...))
	var hashes int
	require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT count(*) FROM attribution_ops.forgotten").Scan(&hashes))
	require.Zero(t, hashes)
	verified, err := check.Verify(t.Context(), p.DB(), p.Settings(), check.VerifyOptions{})
	require.NoError(t, err)
	require.True(t, verified.Ok(), "%+v", verified)
}

// TestWhatRemainsIsAKeyedHash: HMAC-SHA256 of the trimmed identifier, and the same key
// ever after.
func TestWhatRemainsIsAKeyedHash(t *testing.T) {
	t.Parallel()
	p := forgetful(t, io.Discard)
	for _, id := range []string{"  jürgen\\x ", "second"} {
		_, err := p.Forget(t.Context(), pipeline.ForgetRequest{Person: "user:" + id, Unseen: true})
		require.NoError(t, err)
		var key []byte
		require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT key FROM attribution_ops.forgotten_key").Scan(&key))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(strings.TrimSpace(id)))
		var n int
		require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT count(*) FROM attribution_ops.forgotten WHERE is_user AND digest = $1", mac.Sum(nil)).Scan(&n))
		require.Equal(t, 1, n)
	}
}

// TestADeletedCopyGivesWayToAnother: the copy kept is deleted at the source, and another
// is still there; which was loaded long before the overlap.
func TestADeletedCopyGivesWayToAnother(t *testing.T) {
	t.Parallel()
	p := forgetful(t, io.Discard)
	_, err := p.Run(t.Context(), pipeline.Request{})
	require.NoError(t, err)
	_, err = p.DB().Pool.Exec(t.Context(), "DELETE FROM website.tracks WHERE id = 'm02' AND received_at = '2024-03-01 09:00Z'")
	require.NoError(t, err)
	_, err = p.Run(t.Context(), pipeline.Request{Choices: pipeline.Choices{Reconcile: true}})
	require.NoError(t, err)
	var at time.Time
	require.NoError(t, p.DB().Pool.QueryRow(t.Context(), "SELECT received_at FROM segment.app_tracks WHERE id = 'm02'").Scan(&at))
	require.Equal(t, "2024-03-01 09:01", at.UTC().Format("2006-01-02 15:04"))
	verified, err := check.Verify(t.Context(), p.DB(), p.Settings(), check.VerifyOptions{})
	require.NoError(t, err)
	require.True(t, verified.Ok(), "%+v", verified)
}

func TestForgetNeedsTheLock(t *testing.T) {
	t.Parallel()
	p := install(t, nil)
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('attribution attribution_ops', 0))")
	require.NoError(t, err)
	_, err = p.Forget(t.Context(), pipeline.ForgetRequest{Person: "user:u1", Unseen: true})
	require.ErrorIs(t, err, pipeline.ErrLocked)
}
