package stages_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

// TestATableWithChildrenHasNoUniqueIDs: an index of the parent says nothing about the
// rows its children add to it.
func TestATableWithChildrenHasNoUniqueIDs(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	exec(t, p, "CREATE UNIQUE INDEX ON website.tracks (id)", "ALTER TABLE website.tracks ADD COLUMN IF NOT EXISTS uuid_ts timestamptz")
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 3)
	exec(t, p, "UPDATE website.tracks SET uuid_ts = received_at",
		"CREATE TABLE website.older () INHERITS (website.tracks)", "INSERT INTO website.older SELECT * FROM ONLY website.tracks")
	run(t, p, pipeline.Request{AsOf: day("2018-01-09")})
	require.Equal(t, 3, takenIn(t, p))
	require.Equal(t, 3, value[int](t, p, "SELECT count(*) FROM attribution_ops.duplicate_rows"))
}

// TestARowReceivedLongAfterItWasLoaded is rejected, in a first reading and later: it
// would ask for every month up to its own.
func TestARowReceivedLongAfterItWasLoaded(t *testing.T) {
	t.Parallel()
	p := mustOpen(t, migrated.Database(t))
	website(t, p)
	exec(t, p, "ALTER TABLE website.tracks ADD COLUMN IF NOT EXISTS uuid_ts timestamptz")
	tracks(t, p, "2018-01-05 10:00", "2018-01-05 10:00", "a", 2)
	exec(t, p, "UPDATE website.tracks SET uuid_ts = received_at",
		`INSERT INTO website.tracks (id, received_at, uuid_ts, anonymous_id) VALUES
			('far', '2099-12-31', '2018-01-05', 'a'), ('a year', '2018-01-05 10:00Z', '2017-01-04 10:00Z', 'a'), ('over', '2018-01-05 10:00:00.000001Z', '2017-01-04 10:00Z', 'a')`)
	run(t, p, pipeline.Request{AsOf: day("2018-01-09")})
	require.Equal(t, 3, takenIn(t, p))
	exec(t, p, "INSERT INTO website.tracks (id, received_at, uuid_ts, anonymous_id) VALUES ('far too', '2098-12-31', '2018-01-09', 'a')")
	run(t, p, pipeline.Request{AsOf: day("2018-01-10")})
	require.Equal(t, 3, takenIn(t, p))
	require.Equal(t, []string{"far", "far too", "over"}, list(t, p, "SELECT id FROM attribution_ops.rejected_rows WHERE reason = 'received_at' ORDER BY 1"))
	require.Equal(t, 1, value[int](t, p, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'segment.app_tracks'::regclass"))
}

// TestIndexesOfAnalysts on a published table are built by a full run too, also unique ones.
func TestIndexesOfAnalysts(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	p := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
	exec(t, p, "CREATE UNIQUE INDEX theirs ON sessions.all_sessions (session_id, started_at)", "CREATE INDEX ON sessions.touches (lower(source)) WHERE is_paid")
	count := "SELECT count(*) FROM pg_index WHERE indrelid = ANY (SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('sessions.all_sessions'::regclass, 'sessions.touches'::regclass))"
	before := value[int](t, p, count)
	run(t, p, pipeline.Request{AsOf: w.NightAt(w.Nights() - 1), Full: true})
	require.Equal(t, before, value[int](t, p, count))
}

// TestSignupThatFailsWhenRunAgain leaves word that it has to be run again.
func TestSignupThatFailsWhenRunAgain(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	p := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
	asOf := w.NightAt(w.Nights() - 1)
	want := published(t, p)
	for _, name := range []string{"resessionize", "signup"} {
		run(t, p, pipeline.Request{AsOf: asOf, Stages: one(name), Full: name == "resessionize"})
	}
	exec(t, p, `CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS
		$$ BEGIN IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%useful_sessions_new%') THEN RAISE 'refused'; END IF; END $$`,
		"CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.refuse()")
	_, err := patient(t.Context(), p, pipeline.Request{AsOf: asOf, Stages: one("signup")})
	require.ErrorContains(t, err, "refused")
	exec(t, p, "DROP EVENT TRIGGER refuse")
	_, err = patient(t.Context(), p, pipeline.Request{AsOf: asOf, Stages: one("attribute")})
	require.ErrorContains(t, err, "has not been through stage signup")
	run(t, p, pipeline.Request{AsOf: asOf})
	same(t, want, published(t, p), "after all")
}
