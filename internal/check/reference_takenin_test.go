package check_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

// TestReferenceOverTakenIn: from what was taken in the reference makes the same rows as
// from the sources, with the indexes of the published tables, and leaves nothing else.
func TestReferenceOverTakenIn(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			w := world.Random(5000+seed, world.Options{})
			p := installWorld(t, w)
			for n := range w.Nights() {
				night(t, p, w, n)
			}
			conn, err := p.DB().Pool.Acquire(ctx)
			require.NoError(t, err)
			defer conn.Release()
			names := p.DB().Names
			var files []string
			o := check.ReferenceOf(p.Settings())
			o.TakenIn, o.Published, o.DropUsed, o.Schema = names.Segment, names.Sessions, true, "scratch"
			o.Observe = func(file string) { files = append(files, file) }
			require.NoError(t, check.Reference(ctx, conn.Conn(), o))
			require.Contains(t, files, "640_attribution.sql")
			require.NotContains(t, files, "050_settled_rows.sql")
			checks, err := check.Compare(ctx, p.DB(), "scratch")
			require.NoError(t, err)
			require.Len(t, checks, 7)
			for _, c := range checks {
				require.True(t, c.OK, "%s: %s\n%s", c.Name, c.Detail, w)
			}
			list := func(sql, schema string) []string {
				rows, err := conn.Query(ctx, sql, schema)
				require.NoError(t, err)
				found, err := pgx.CollectRows(rows, pgx.RowTo[string])
				require.NoError(t, err)
				return found
			}
			require.ElementsMatch(t, check.ReferenceTables(), list("SELECT relname::text FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'v') AND relpersistence = 'p'", "scratch"))
			const indexes = `
				SELECT c.relname || ' ' || i.indisprimary || regexp_replace(pg_get_indexdef(i.indexrelid), '.* USING', '')
				FROM pg_index AS i
				JOIN pg_class AS c ON c.oid = i.indrelid
				WHERE c.relnamespace = $1::regnamespace AND c.relname IN ('all_sessions', 'useful_sessions', 'touches', 'attribution', 'persons', 'conversions', 'paths')`
			published := list(indexes, names.Sessions)
			require.Len(t, published, 17)
			require.ElementsMatch(t, published, list(indexes, "scratch"))
		})
	}
}
