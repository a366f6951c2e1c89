package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// worldSeeds is how many random worlds the reference is tried on.
const worldSeeds = 50

func TestReferenceOnRandomWorlds(t *testing.T) {
	for seed := range uint64(worldSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := world.Random(seed, world.Options{})
			conn := connect(t)
			require.NoError(t, w.Create(t.Context(), conn))
			o := optionsOf(t, w)
			for night := range w.Nights() {
				require.NoError(t, w.Arrive(t.Context(), conn, night))
				o.AsOf = w.NightAt(night)
				require.NoError(t, Reference(t.Context(), conn, o))
				holdInvariants(t, conn, w, night)
			}
			once, arrived := dumpAll(t, conn), dumpAll(t, conn, madeUp)

			o.AsOf = time.Time{}
			o.SampleOneIn = 2
			require.NoError(t, Reference(t.Context(), conn, o))
			holdSample(t, conn, once)

			s := w.Shuffled(seed)
			conn = connect(t)
			require.NoError(t, s.Create(t.Context(), conn))
			for night := range s.Nights() {
				require.NoError(t, s.Arrive(t.Context(), conn, night))
			}
			o.SampleOneIn = 0
			require.NoError(t, Reference(t.Context(), conn, o))
			for table, rows := range dumpAll(t, conn, madeUp) {
				require.Empty(t, world.Diff(arrived[table], rows), "%s, shuffled:\n%v\n%v", table, w, s)
			}
		})
	}
}

// madeUp is a column with ids made up from the load time where the source has none.
const madeUp = "message_id"

// dumpAll dumps the tables of the reference.
func dumpAll(t *testing.T, conn *pgx.Conn, without ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range append(ReferenceTables(), "user_ids", "anonymous_ids") {
		rows, err := world.Dump(t.Context(), conn, "scratch", table, without...)
		require.NoError(t, err)
		all[table] = rows
	}
	return all
}

// holdSample checks that a sample holds whole persons of the full tables only, and
// identity in full.
func holdSample(t *testing.T, conn *pgx.Conn, full map[string][]string) {
	t.Helper()
	for table, rows := range dumpAll(t, conn) {
		if strings.HasSuffix(table, "_ids") {
			require.Equal(t, full[table], rows)
			continue
		}
		var outside int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{"scratch", table}.Sanitize()+
			" WHERE NOT ("+SampleCondition+")", pgx.StrictNamedArgs{"sample_one_in": 2}).Scan(&outside)
		require.NoError(t, err)
		require.Zero(t, outside, table)
		require.NotContains(t, world.Diff(full[table], rows), "+ ", table)
	}
}

// invariants are queries over the reference's tables that must find nothing.
var invariants = map[string]string{
	"sessions strictly more than the gap apart, none ending before it starts": `
		SELECT * FROM (
			SELECT *, lag(ended_at) OVER (PARTITION BY alias_id, is_identified ORDER BY started_at) AS previous
			FROM scratch.all_sessions
		) AS s WHERE started_at - previous <= @gap OR ended_at < started_at`,
	"session_index from 1 by time": `
		SELECT * FROM (
			SELECT *, row_number() OVER (PARTITION BY alias_id, is_identified ORDER BY started_at) AS n
			FROM scratch.all_sessions
		) AS s WHERE session_index <> n`,
	"session_id unique": `SELECT session_id FROM scratch.all_sessions GROUP BY 1 HAVING count(*) > 1`,
	"position from 1 by time": `
		SELECT * FROM (
			SELECT *, count(*) OVER person AS n, lag(touched_at) OVER (person ORDER BY position) AS previous
			FROM scratch.touches WINDOW person AS (PARTITION BY alias_id, is_identified)
		) AS s WHERE position NOT BETWEEN 1 AND n OR touched_at < previous`,
	"position unique":       `SELECT 1 FROM scratch.touches GROUP BY alias_id, is_identified, position HAVING count(*) > 1`,
	"every session a touch": `SELECT session_id FROM scratch.all_sessions EXCEPT SELECT session_id FROM scratch.touches`,
	"touches inside sessions": `
		SELECT * FROM scratch.touches AS t LEFT JOIN scratch.all_sessions AS s USING (session_id, alias_id, is_identified)
		WHERE s.session_id IS NULL OR touched_at NOT BETWEEN started_at AND ended_at`,
	"direct never competes in a session": `
		SELECT session_id FROM scratch.touches GROUP BY 1 HAVING count(*) > 1 AND bool_or(source = '(direct)' AND medium = '(none)')`,
	"signed-up persons are the rows of attribution": `
		(SELECT alias_id, is_identified FROM scratch.events WHERE is_signup EXCEPT SELECT alias_id, is_identified FROM scratch.attribution)
		UNION ALL
		(SELECT alias_id, is_identified FROM scratch.attribution GROUP BY 1, 2 HAVING count(*) > 1)
		UNION ALL
		(SELECT alias_id, is_identified FROM scratch.attribution EXCEPT SELECT alias_id, is_identified FROM scratch.events WHERE is_signup)`,
	"the touches of attribution are before the signup, in order, and paid ones touches": `
		SELECT * FROM scratch.attribution AS a
		WHERE NOT (first_touch_timestamp <= last_touch_timestamp AND last_touch_timestamp <= signup_timestamp)
			OR first_touch_timestamp > first_attributed_touch_timestamp OR last_touch_timestamp < last_attributed_touch_timestamp
			OR (first_attributed_touch_timestamp IS NULL) <> (last_attributed_touch_timestamp IS NULL)
			OR first_attributed_touch_timestamp IS NOT NULL AND NOT EXISTS (
				SELECT FROM scratch.touches AS t WHERE t.alias_id = a.alias_id AND t.is_identified = a.is_identified
					AND t.is_paid AND t.is_before_signup AND t.touched_at = a.first_attributed_touch_timestamp)`,
	"without a lookback, whoever had a session by the signup has touches": `
		SELECT * FROM scratch.attribution
		WHERE @lookback::interval = '0' AND (session_count_before_signup > 0) <> (first_touch_timestamp IS NOT NULL)`,
	"at most one signup session": `SELECT 1 FROM scratch.all_sessions WHERE is_signup_session GROUP BY alias_id, is_identified HAVING count(*) > 1`,
	"useful sessions": `
		SELECT session_id, kind FROM scratch.useful_sessions
		EXCEPT ALL
		(SELECT s.session_id, k.kind FROM scratch.all_sessions AS s JOIN scratch.attribution AS a USING (alias_id, is_identified)
			CROSS JOIN (VALUES ('first'), ('signup')) AS k (kind)
			WHERE k.kind = 'first' AND session_index = 1 OR k.kind = 'signup' AND is_signup_session)`,
	"roots are roots": `
		SELECT u.* FROM scratch.user_ids AS u LEFT JOIN scratch.user_ids AS r ON r.user_id = u.alias_id
		WHERE r.alias_id IS DISTINCT FROM u.alias_id
		UNION ALL
		SELECT a.anonymous_id, a.alias_id FROM scratch.anonymous_ids AS a LEFT JOIN scratch.user_ids AS r ON r.user_id = a.alias_id
		WHERE a.is_identified AND r.alias_id IS DISTINCT FROM a.alias_id OR NOT a.is_identified AND a.alias_id <> a.anonymous_id`,
}

// holdInvariants checks what must be true of any world after any night.
func holdInvariants(t *testing.T, conn *pgx.Conn, w world.World, night int) {
	t.Helper()
	for name, query := range invariants {
		args := pgx.NamedArgs{"gap": w.Settings.Gap, "lookback": w.Settings.Lookback}
		rows, err := conn.Query(t.Context(), query, args)
		require.NoError(t, err, name)
		found, err := pgx.CollectRows(rows, pgx.RowToMap)
		require.NoError(t, err, name)
		require.Empty(t, found, "%s, after night %d of\n%v", name, night, w)
	}
	var inSessions, server int
	err := conn.QueryRow(t.Context(), `
		SELECT (SELECT coalesce(sum(event_count), 0) FROM scratch.all_sessions), (SELECT count(*) FROM scratch.events WHERE is_server)`,
	).Scan(&inSessions, &server)
	require.NoError(t, err)
	least, most := activityOf(w, night, shippedRules(t))
	require.GreaterOrEqual(t, inSessions+server, least, "conservation, after night %d of\n%v", night, w)
	require.LessOrEqual(t, inSessions+server, most, "conservation, after night %d of\n%v", night, w)
}

// activityOf counts, straight from the contract and without SQL, the events that are
// neither rejected, copies, ignored nor left out as a crawler's: those in sessions and
// the server events. Between copies that only their md5 tells apart it decides nothing:
// it counts those of which all, and those of which any would count.
func activityOf(w world.World, night int, rules *channel.Rules) (least, most int) {
	blocked := event.NewBlocklist(append([]string{""}, w.Settings.Blocked...))
	copies := map[string][]world.Row{} // the least so far
	parse := func(s string) (time.Time, bool) {
		at, err := time.Parse("2006-01-02T15:04:05.999999Z", s)
		return at, err == nil
	}
	for i, r := range w.Rows {
		received, ok := parse(r.Values["received_at"])
		load := received
		if r.Values["uuid_ts"] != "" {
			load, _ = parse(r.Values["uuid_ts"])
		}
		id := event.Trim(r.Values["id"])
		anon, user := event.Trim(r.Values["anonymous_id"]), event.Trim(r.Values["user_id"])
		switch {
		case !r.Kind.IsActivity(), r.Night > night, load.After(w.NightAt(night)):
			continue
		case !ok, received.Year() < 2000, received.Year() >= 2100, received.After(load.AddDate(0, 0, 366)), anon == "" && user == "":
			continue
		case len(id) > event.MaxIdentifierBytes, len(anon) > event.MaxIdentifierBytes, len(user) > event.MaxIdentifierBytes:
			continue
		}
		key := fmt.Sprint(r.Source, r.Kind, id)
		if id == "" {
			key = fmt.Sprint(i)
		}
		// All copies in a world are within the window: one is left.
		order := -1
		if old := copies[key]; len(old) > 0 {
			order = slices.Compare(orderOf(r), orderOf(old[0]))
		}
		switch {
		case order < 0:
			copies[key] = []world.Row{r}
		case order == 0:
			copies[key] = append(copies[key], r)
		}
	}
	counts := func(r world.Row) bool {
		ignored := slices.Contains(w.Settings.IgnoreEvents, r.Values["event"]) || slices.Contains(w.Settings.IgnoreEvents, r.Values["event_text"])
		isLeftOut := w.Settings.ExcludeBots && rules.IsCrawler(r.Values["context_user_agent"])
		return blocked.Clean(r.Values["anonymous_id"])+blocked.Clean(r.Values["user_id"]) != "" && !ignored && !isLeftOut
	}
	for _, tied := range copies {
		if !slices.ContainsFunc(tied, func(r world.Row) bool { return !counts(r) }) {
			least++
		}
		if slices.ContainsFunc(tied, counts) {
			most++
		}
	}
	return least, most
}

// orderOf is what decides between copies, md5 aside.
func orderOf(r world.Row) []string {
	load := r.Values["uuid_ts"]
	if load == "" {
		load = r.Values["received_at"]
	}
	return []string{r.Values["received_at"], load}
}
