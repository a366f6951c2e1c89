package stages_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
)

// TestReindexRepairsInvalidIndexes: drops what a cancelled build left and builds the
// others anew.
func TestReindexRepairsInvalidIndexes(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	p := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
	partition := value[string](t, p, "SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits WHERE inhparent = 'sessions.all_sessions'::regclass ORDER BY 1 DESC LIMIT 1")
	exec(t, p, "CREATE INDEX odd_ccnew ON "+partition+" (channel)", "CREATE INDEX odd_ccold1 ON "+partition+" (channel)", "CREATE INDEX fine ON "+partition+" (channel)",
		"CREATE INDEX others ON website.tracks (id)", "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid::regclass::text ~ '(odd_cc|fine$|others$)'")
	before := published(t, p)
	report := run(t, p, pipeline.Request{Stages: one("reindex")})
	require.EqualValues(t, 3, report.Stages[0].Result.Counters["indexes_repaired"])
	require.Equal(t, []string{"fine true", "others false"}, list(t, p, `SELECT c.relname || ' ' || i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		WHERE c.relname ~ '^(odd_cc|fine|others)' ORDER BY 1`), "a source's index is none of our business")
	report = run(t, p, pipeline.Request{Stages: one("reindex")})
	require.Zero(t, report.Stages[0].Result.Counters["indexes_repaired"])
	same(t, before, published(t, p), "reindex")
}

// TestReindexFindsDamage done behind its back, each with a permanent error that says
// what and what to do.
func TestReindexFindsDamage(t *testing.T) {
	t.Parallel()
	w := worlds(1, 3, 90)[0]
	for name, c := range map[string]struct{ damage, want string }{
		"an event less in visits":  {"UPDATE attribution_ops.counters SET in_visits = in_visits - 1 WHERE received_month = (SELECT max(received_month) FROM attribution_ops.counters)", "events are not conserved: month"},
		"an event more taken in":   {"UPDATE attribution_ops.counters SET taken_in = taken_in + 1 WHERE received_month = (SELECT max(received_month) FROM attribution_ops.counters)", "events are not conserved: month"},
		"sessions lost events":     {"UPDATE attribution_ops.totals SET in_sessions = in_sessions - 1", "in visits"},
		"a signup lost":            {"DELETE FROM sessions.attribution WHERE ctid = (SELECT min(ctid) FROM sessions.attribution)", "signups are not conserved"},
		"an event taken in twice":  {"WITH last AS (SELECT * FROM segment.app_tracks ORDER BY received_at DESC LIMIT 1), moved AS (UPDATE attribution_ops.totals SET checked_extract = 0) INSERT INTO segment.app_tracks SELECT (jsonb_populate_record(NULL::segment.app_tracks, to_jsonb(last) || jsonb_build_object('extract_id', 1000000))).* FROM last", "taken in twice"},
		"the very same row twice":  {"WITH moved AS (UPDATE attribution_ops.totals SET checked_extract = 0) INSERT INTO segment.app_tracks SELECT * FROM segment.app_tracks ORDER BY received_at DESC LIMIT 1", "taken in twice"},
		"a month without bounds":   {"", "a gap before"},
		"bounds that are not ours": {"ALTER TABLE sessions.touches DETACH PARTITION sessions.touches_all; ALTER TABLE sessions.touches ATTACH PARTITION sessions.touches_all DEFAULT", "which are not ours"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
			if name == "a month without bounds" {
				// One in the middle, so that others lie on both sides.
				exec(t, p, "CREATE TABLE segment.app_tracks_2044_01 PARTITION OF segment.app_tracks FOR VALUES FROM ('2044-01-01 00:00+00') TO ('2044-02-01 00:00+00')")
			} else {
				exec(t, p, c.damage)
			}
			_, err := patient(t.Context(), p, pipeline.Request{Stages: one("reindex")})
			require.ErrorContains(t, err, "stage reindex: ")
			require.ErrorContains(t, err, c.want)
			require.True(t, stages.IsPermanent(err))
		})
	}
	clean := mustOpen(t, prepared(t, w, w.Nights(), w.Nights()), of(w))
	report := run(t, clean, pipeline.Request{Stages: one("reindex")})
	require.Positive(t, report.Stages[0].Result.Counters["partitions"], fmt.Sprint(report))
}
