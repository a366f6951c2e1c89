package doctor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/doctor"
	"github.com/attribution-dev/attribution/internal/pg"
)

// TestHealthy: after a run, with everybody told of runs there, every line is right.
func TestHealthy(t *testing.T) {
	t.Parallel()
	i := healthy(t)
	i.options.DogStatsD, _ = agent(t)
	pagerDuty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	t.Cleanup(pagerDuty.Close)
	i.options.RoutingKey, i.options.EventsEndpoint = routingKey, pagerDuty.URL
	i.options.HeartbeatURL = pagerDuty.URL + "/" + pulse
	lines := i.examine(t)
	require.Empty(t, wrong(lines), lines)
	require.Equal(t, "2024-01 to 2024-03 in every monthly table", lines["months"].Found)
	require.Contains(t, lines["last run"].Found, "run 1, begun at ")
}

// A damage is one thing broken.
type damage struct {
	name    string
	breaks  []string                            // statements, {db} being the database
	ruin    func(t *testing.T, i *installation) // beside them
	line    string                              // that says so
	state   doctor.State
	says    string
	remedy  string   // part of one
	skipped []string // lines that can say nothing then
	mend    []string // statements, where no remedy is one
	after   []string // statements before it is looked at again
}

var damages = []damage{
	{
		name: "tables of a newer program", breaks: []string{"UPDATE attribution_ops.schema_version SET version = version + 1"},
		line: "tables", state: doctor.Failed, says: "newer than this program's", remedy: "install the newer program",
		skipped: ofTables, mend: []string{"UPDATE attribution_ops.schema_version SET version = version - 1"},
	},
	{
		name: "tables of an older program", breaks: []string{"UPDATE attribution_ops.schema_version SET version = version - 1"},
		line: "tables", state: doctor.Failed, says: "this program needs", remedy: "attribution migrate",
		skipped: ofTables, after: []string{"UPDATE attribution_ops.schema_version SET version = version - 1"},
	},
	{
		name: "idle sessions are ended", breaks: []string{"ALTER DATABASE {db} SET idle_session_timeout = '10min'"},
		line: "server settings", state: doctor.Failed, says: "idle_session_timeout ends the session that holds the run lock", remedy: "ALTER ROLE",
	},
	{
		name: "idle transactions are ended", breaks: []string{"ALTER DATABASE {db} SET idle_in_transaction_session_timeout = '1min'"},
		line: "server settings", state: doctor.Failed, says: "idle_in_transaction_session_timeout ends", remedy: "SET idle_in_transaction_session_timeout = '0'",
	},
	{
		name: "little memory to sort in", breaks: []string{"ALTER DATABASE {db} SET work_mem = '64kB'"},
		line: "server settings", state: doctor.Warning, says: "work_mem makes every sort write to disk", remedy: "SET work_mem = '64MB'",
	},
	{
		name: "little disk to sort on", breaks: []string{"ALTER DATABASE {db} SET temp_file_limit = '1MB'"},
		line: "server settings", state: doctor.Warning, says: "temp_file_limit ends sorts", remedy: "SET temp_file_limit = '-1'",
	},
	{
		name: "few connections to the database", breaks: []string{"ALTER DATABASE {db} CONNECTION LIMIT 2"},
		line: "connections", state: doctor.Failed, says: "the database allows 2", remedy: "CONNECTION LIMIT",
	},
	{
		// That every other line is right shows that nothing the doctor does needs to write.
		name: "transactions are read only", breaks: []string{"ALTER DATABASE {db} SET default_transaction_read_only = on"},
		line: "writable", state: doctor.Failed, says: "default_transaction_read_only is on", remedy: "BEGIN READ WRITE; ALTER ROLE",
	},
	{
		name: "a required column is gone", breaks: []string{"ALTER TABLE website.tracks DROP COLUMN received_at"},
		line: "sources", state: doctor.Failed, says: "table website.tracks: required column received_at is missing", remedy: `bring column received_at of "website"."tracks" back`,
		skipped: ofSources, mend: []string{"ALTER TABLE website.tracks ADD COLUMN received_at timestamptz"},
	},
	{
		name: "nobody is named any more", breaks: []string{"ALTER TABLE website.tracks DROP COLUMN anonymous_id, DROP COLUMN user_id"},
		line: "sources", state: doctor.Failed, says: "neither anonymous_id nor user_id", remedy: "bring anonymous_id or user_id",
		skipped: ofSources, mend: []string{"ALTER TABLE website.tracks ADD COLUMN anonymous_id text, ADD COLUMN user_id text"},
	},
	{
		name: "a time became a text", breaks: []string{"ALTER TABLE website.pages ALTER COLUMN received_at TYPE text"},
		line: "sources", state: doctor.Failed, says: "column received_at is text where timestamp with time zone is expected", remedy: `ALTER COLUMN "received_at" TYPE timestamptz`,
		skipped: ofSources,
	},
	{
		name: "two schemas look like sources", breaks: []string{
			"CREATE SCHEMA shop", "CREATE TABLE shop.tracks (id text, received_at timestamptz, user_id text)",
		},
		line: "sources", state: doctor.Failed, says: "2 schemas look written by Segment: shop, website", remedy: "ATTRIBUTION_SOURCES",
		skipped: ofSources, mend: []string{"DROP SCHEMA shop CASCADE"},
	},
	{
		name: "a source that is not there", ruin: func(_ *testing.T, i *installation) { i.options.Settings.Sources = []string{"website", "app"} },
		line: "sources", state: doctor.Failed, says: "source app has no tracks", remedy: "correct the setting sources",
		skipped: ofSources, mend: []string{"CREATE SCHEMA app", "CREATE TABLE app.tracks (id text, received_at timestamptz, user_id text)"},
	},
	{
		name: "a column is gone", breaks: []string{"ALTER TABLE website.pages DROP COLUMN referrer"},
		line: "source columns", state: doctor.Warning, says: `column "referrer" of "website"."pages" is gone`, remedy: "the next run takes it as it is",
		ruin: nil, mend: []string{"ALTER TABLE website.pages ADD COLUMN referrer text"},
	},
	{
		name: "a table is gone", breaks: []string{"ALTER TABLE website.tracks RENAME TO tracks_2024"},
		line: "source columns", state: doctor.Warning, says: "table website.tracks, taken in before, is gone", remedy: "where that was not meant, undo it",
		mend: []string{"ALTER TABLE website.tracks_2024 RENAME TO tracks"},
	},
	{
		name: "a misspelt tag", breaks: []string{"ALTER TABLE website.pages ADD COLUMN context_campaign_soure text"},
		line: "misspelt tags", state: doctor.Warning, says: `"context_campaign_soure" of website.pages looks like context_campaign_source`, remedy: "mend the links",
		mend: []string{"ALTER TABLE website.pages DROP COLUMN context_campaign_soure"},
	},
	{
		name: "a large table without an index", breaks: []string{"UPDATE pg_class SET reltuples = 2e6 WHERE oid = 'website.tracks'::regclass"},
		line: "source indexes", state: doctor.Warning, says: "every night reads the whole of website.tracks (uuid_ts)", remedy: `CREATE INDEX CONCURRENTLY ON "website"."tracks" ("uuid_ts")`,
		after: []string{"UPDATE pg_class SET reltuples = 2e6 WHERE oid = 'website.tracks'::regclass"},
	},
	{
		name: "a large table without load times", breaks: []string{"CREATE VIEW website.screens AS SELECT id, received_at, user_id FROM website.tracks", "UPDATE pg_class SET reltuples = 2e6 WHERE oid = 'website.screens'::regclass"},
		line: "source indexes", state: doctor.Warning, says: "website.screens (received_at)", remedy: `("received_at")`,
		mend: []string{
			"DROP VIEW website.screens", "CREATE TABLE website.screens AS SELECT id, received_at, user_id FROM website.tracks", "CREATE INDEX ON website.screens (received_at)",
			"UPDATE pg_class SET reltuples = 2e6 WHERE oid = 'website.screens'::regclass",
		},
	},
	{
		name: "a month of events is detached", breaks: []string{"ALTER TABLE segment.app_tracks DETACH PARTITION segment.app_tracks_2024_02"},
		line: "months", state: doctor.Failed, says: "missing: 2024-02 of segment.app_tracks", remedy: "ATTACH PARTITION",
	},
	{
		name: "the last month of visits is detached", breaks: []string{"ALTER TABLE session_stages.all_tracks DETACH PARTITION session_stages.all_tracks_2024_03"},
		line: "months", state: doctor.Failed, says: "missing: 2024-03 of session_stages.all_tracks", remedy: "FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')",
	},
	{
		name: "a month of visits is dropped", breaks: []string{"DROP TABLE session_stages.all_tracks_2024_02 CASCADE"},
		line: "months", state: doctor.Failed, says: "missing: 2024-02 of session_stages.all_tracks", remedy: "attribution run --month 2024-02",
	},
	{
		name: "a month of identities is dropped", breaks: []string{"DROP TABLE segment.app_identities_2024_01 CASCADE"},
		line: "months", state: doctor.Failed, says: "missing: 2024-01 of segment.app_identities", remedy: "attribution run --full",
	},
	{
		name: "a month of sessions is dropped", breaks: []string{"DROP TABLE session_stages.all_tracks_2024_02_signup"},
		line: "months", state: doctor.Failed, says: "missing: 2024-02 of sessions.all_sessions", remedy: "attribution run --from-stage resessionize --full",
	},
	{
		name: "an invalid index", breaks: []string{"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'aliases.edges_user_id_idx'::regclass"},
		line: "indexes", state: doctor.Warning, says: "aliases.edges_user_id_idx", remedy: `REINDEX INDEX CONCURRENTLY "aliases"."edges_user_id_idx"`,
	},
	{
		name: "a cancelled reindexing", breaks: []string{
			"CREATE INDEX edges_user_id_idx_ccnew ON aliases.edges (user_id)",
			"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'aliases.edges_user_id_idx_ccnew'::regclass",
		},
		line: "indexes", state: doctor.Warning, says: "aliases.edges_user_id_idx_ccnew", remedy: `DROP INDEX CONCURRENTLY "aliases"."edges_user_id_idx_ccnew"`,
	},
	{
		name: "a pending detach", ruin: pendingDetach,
		line: "detaches", state: doctor.Failed, says: "readers no longer see segment.app_tracks_2024_02", remedy: `DETACH PARTITION "segment"."app_tracks_2024_02" FINALIZE`,
		after: []string{"ALTER TABLE segment.app_tracks ATTACH PARTITION segment.app_tracks_2024_02 FOR VALUES FROM ('2024-02-01 00:00Z') TO ('2024-03-01 00:00Z')"},
	},
	{
		name: "a table a killed run built", breaks: []string{"CREATE TABLE sessions.touches_new_7 (x int)", "CREATE TABLE sessions.attribution_all_old_7 (x int)"},
		line: "leftovers", state: doctor.Warning, says: "a killed run left sessions.attribution_all_old_7, sessions.touches_new_7; the next run drops them", remedy: "attribution run",
	},
	{
		name: "no statistics", breaks: []string{"UPDATE pg_class SET reltuples = -1 WHERE oid IN ('sessions.touches'::regclass, 'aliases.edges'::regclass)"},
		line: "statistics", state: doctor.Warning, says: "sessions.touches, aliases.edges", remedy: `ANALYZE "sessions"."touches"`,
	},
	{
		name: "the clock is wrong", ruin: func(_ *testing.T, i *installation) {
			i.options.Now = func() time.Time { return time.Now().Add(-3 * time.Minute) }
		},
		line: "clock", state: doctor.Warning, says: "are 3m0s apart", remedy: "NTP",
	},
	{
		name: "the disk is full", ruin: func(_ *testing.T, i *installation) {
			i.options.FreeDisk = func(context.Context, pg.Querier, string) (int64, bool) { return 3e6, true }
		},
		line: "disk", state: doctor.Warning, says: "of which 3 MB are free", remedy: "make room",
	},
	{
		name: "work waits", breaks: []string{"INSERT INTO attribution_ops.dirty_persons (alias_id, is_identified, mark) VALUES ('ann', true, 1)"},
		line: "waiting work", state: doctor.Warning, says: "1 persons for resessionize", remedy: "attribution run",
	},
	{
		name: "the last run failed", breaks: []string{
			"UPDATE attribution_ops.runs SET state = 'failed', error = 'it broke'",
			"UPDATE attribution_ops.stage_runs SET state = 'failed' WHERE stage = 'reindex'",
		},
		line: "last run", state: doctor.Failed, says: "failed in stage reindex", remedy: "attribution run",
	},
	{
		name: "the last run was interrupted", breaks: []string{"UPDATE attribution_ops.runs SET state = 'interrupted'"},
		line: "last run", state: doctor.Warning, says: "was interrupted in stage reindex", remedy: "attribution run",
	},
	{
		name: "the last run was killed", breaks: []string{"UPDATE attribution_ops.runs SET state = 'running', finished_at = NULL"},
		line: "last run", state: doctor.Warning, says: "was killed in stage reindex", remedy: "attribution run",
	},
	{
		name: "no run yet", breaks: []string{"TRUNCATE attribution_ops.runs, attribution_ops.stage_runs"},
		line: "last run", state: doctor.Warning, says: "there was none yet", remedy: "attribution run",
	},
	{
		name: "a session of ours left its transaction open", ruin: func(t *testing.T, i *installation) {
			i.options.Patience = func(check string) time.Duration { return map[string]time.Duration{"vacuum": time.Hour}[check] }
			begin(t, i, "attribution")
		},
		line: "idle sessions", state: doctor.Warning, says: "1 of ours hold a transaction open", remedy: "pg_terminate_backend",
	},
	{
		name: "a session of others left its transaction open", ruin: func(t *testing.T, i *installation) {
			i.options.Patience = func(string) time.Duration { return 0 }
			begin(t, i, "report")
		},
		line: "vacuum", state: doctor.Warning, says: "dead rows and old log stay: a transaction open since 20", remedy: "pg_terminate_backend",
	},
	{
		name: "somebody holds a table we look at", ruin: func(t *testing.T, i *installation) {
			_, err := begin(t, i, "report").Exec(t.Context(), "LOCK TABLE attribution_ops.runs")
			require.NoError(t, err)
		},
		line: "last run", state: doctor.Failed, says: "another session holds what this looks at", remedy: "pg_stat_activity",
		mend: []string{"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'report' AND datname = current_database()"},
	},
	{
		name: "a short statement timeout in the URL", ruin: func(_ *testing.T, i *installation) {
			i.options.DatabaseURL += ternary(strings.Contains(i.options.DatabaseURL, "?"), "&", "?") + "statement_timeout=5s"
		},
		line: "server settings", state: doctor.Warning, says: "statement_timeout cuts", remedy: "leave statement_timeout out of the database URL",
	},
}

func ternary(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// The lines that can say nothing without our tables, and without sources.
var (
	ofTables  = []string{"source columns", "months", "indexes", "detaches", "leftovers", "statistics", "locks", "waiting work", "last run"}
	ofSources = []string{"source columns", "misspelt tags", "source indexes"}
)

// begin opens a transaction that has a snapshot, and leaves it so.
func begin(t *testing.T, i *installation, application string) pgx.Tx {
	t.Helper()
	tx, err := i.connect(t, application).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM segment.app_tracks")
	require.NoError(t, err)
	return tx
}

// pendingDetach stops a DETACH CONCURRENTLY while it waits for a reader.
func pendingDetach(t *testing.T, i *installation) {
	t.Helper()
	reader := begin(t, i, "report")
	conn := i.connect(t, "dba")
	_, err := conn.Exec(t.Context(), "SET statement_timeout = '1s'")
	require.NoError(t, err)
	_, err = conn.PgConn().Exec(t.Context(), "ALTER TABLE segment.app_tracks DETACH PARTITION segment.app_tracks_2024_02 CONCURRENTLY").ReadAll()
	require.ErrorContains(t, err, "statement timeout")
	require.NoError(t, reader.Rollback(t.Context()))
}

// TestEachLine breaks one thing, expects its line to say so and every other to be
// right, does what the remedy says, and expects the line to be right.
func TestEachLine(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range damages {
		seen[d.line] = true
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			i := healthy(t)
			before := i.options
			i.exec(t, d.breaks...)
			if d.ruin != nil {
				d.ruin(t, i)
			}
			lines := i.examine(t)
			require.ElementsMatch(t, append([]string{d.line}, d.skipped...), wrong(lines), fmt.Sprint(lines))
			for _, s := range d.skipped {
				require.Equal(t, doctor.Skipped, lines[s].State, s)
			}
			line := lines[d.line]
			require.Equal(t, d.state, line.State, line)
			require.Contains(t, line.Found, d.says)
			require.Contains(t, strings.Join(line.Remedies, "\n"), d.remedy)
			switch {
			case d.name == "tables of an older program": // which there is none of: what would run has run
				i.exec(t, "UPDATE attribution_ops.schema_version SET version = version + 1")
				return
			case d.mend != nil:
				i.exec(t, d.mend...)
			case !i.follow(t, line.Remedies):
				i.options = before // a sentence about this machine
			}
			i.exec(t, d.after...)
			require.Empty(t, wrong(i.examine(t)))
		})
	}
	for _, line := range []string{
		"tables", "server settings", "connections", "writable", "sources", "source columns", "misspelt tags", "source indexes", "months", "indexes",
		"detaches", "leftovers", "statistics", "clock", "disk", "waiting work", "last run", "idle sessions", "vacuum",
	} {
		require.True(t, seen[line], line)
	}
}

// TestNothingYet: an empty database, mended step by step as the lines say.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	i := empty(t)
	i.exec(t, `DROP SCHEMA segment, session_stages, sessions, aliases, attribution_ops CASCADE`)
	lines := i.examine(t)
	require.Equal(t, doctor.Failed, lines["tables"].State)
	require.Equal(t, "there are none yet", lines["tables"].Found)
	require.Equal(t, doctor.Failed, lines["sources"].State)
	require.Contains(t, lines["sources"].Found, "no schema with Segment's tables")
	require.True(t, i.follow(t, lines["tables"].Remedies))
	i.exec(t, events...)
	lines = i.examine(t)
	require.Equal(t, []string{"last run"}, wrong(lines), lines)
	require.True(t, i.follow(t, lines["last run"].Remedies))
	require.Empty(t, wrong(i.examine(t)))
}

// TestARunAtWork is nothing to worry about.
func TestARunAtWork(t *testing.T) {
	t.Parallel()
	i := healthy(t)
	i.exec(t, "CREATE TABLE sessions.touches_new_7 (x int)", "UPDATE attribution_ops.runs SET state = 'running', finished_at = NULL")
	i.options.Patience = func(check string) time.Duration { return map[string]time.Duration{"vacuum": time.Hour}[check] }
	_, err := begin(t, i, "attribution").Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('attribution attribution_ops', 0))")
	require.NoError(t, err)
	lines := i.examine(t)
	require.Empty(t, wrong(lines), lines)
	require.Contains(t, lines["last run"].Found, "is at work in stage reindex")
}

// TestUnknownDisk is not held against anybody.
func TestUnknownDisk(t *testing.T) {
	t.Parallel()
	i := empty(t)
	i.options.FreeDisk = func(context.Context, pg.Querier, string) (int64, bool) { return 0, false }
	line := i.examine(t)["disk"]
	require.Equal(t, doctor.OK, line.State)
	require.Contains(t, line.Found, "the server does not tell")
}
