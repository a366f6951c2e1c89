package pg_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg"
)

var copied = pg.Table{Schema: "s", Name: "copied"}

// makeCopied makes a table with a column of each type Rows writes.
func makeCopied(t testing.TB, tx pgx.Tx) {
	t.Helper()
	_, err := tx.Exec(t.Context(), `CREATE TABLE s.copied (a text, b text, c bytea, d boolean, e smallint, f integer, g bigint, h timestamptz, i date)`)
	require.NoError(t, err)
}

var copiedColumns = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}

func appendCopied(rows *pg.Rows, text string, at time.Time) {
	rows.Row(len(copiedColumns))
	rows.Text(text)
	rows.TextOrNull("")
	rows.Bytea(func(to []byte) []byte { return append(to, 0, 0xff, '\\') })
	rows.Bool(true)
	rows.Int2(-2)
	rows.Int4(-4)
	rows.Int8(-8)
	rows.Timestamp(at.UnixMicro())
	rows.Date(int32(at.Unix() / (24 * 60 * 60)))
}

// TestCopyWritesWhatItWasGiven: every type, NULL and "", times before Postgres' epoch,
// more than one round, and frozen into a table of the transaction's own.
func TestCopyWritesWhatItWasGiven(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, frozen := range []bool{false, true} {
		require.NoError(t, db.Tx(t.Context(), func(tx pgx.Tx) error {
			makeCopied(t, tx)
			var rows pg.Rows
			for _, at := range []time.Time{time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC), time.Date(1999, 12, 31, 12, 0, 0, 1000, time.UTC)} {
				appendCopied(&rows, "ü \n\t'\"", at)
				appendCopied(&rows, "", at)
				require.EqualValues(t, 2, rows.Len())
				n, err := db.Copy(t.Context(), tx, copied, copiedColumns, frozen, &rows)
				require.NoError(t, err)
				require.EqualValues(t, 2, n)
				require.Zero(t, rows.Len())
				require.Zero(t, rows.Bytes())
			}
			n, err := db.Copy(t.Context(), tx, copied, copiedColumns, frozen, &rows)
			require.NoError(t, err)
			require.Zero(t, n, "no rows, no statement")
			got, err := tx.Query(t.Context(), `SELECT concat_ws('|', quote_literal(a), b IS NULL, encode(c, 'hex'), d, e, f, g, h AT TIME ZONE 'UTC', i) FROM s.copied ORDER BY h, a`)
			require.NoError(t, err)
			lines, err := pgx.CollectRows(got, pgx.RowTo[string])
			require.NoError(t, err)
			require.Equal(t, []string{
				`''|t|00ff5c|t|-2|-4|-8|1999-12-31 12:00:00.000001|1999-12-31`,
				"'ü \n\t''\"'|t|00ff5c|t|-2|-4|-8|1999-12-31 12:00:00.000001|1999-12-31",
				`''|t|00ff5c|t|-2|-4|-8|2024-02-29 23:59:59.999999|2024-02-29`,
				"'ü \n\t''\"'|t|00ff5c|t|-2|-4|-8|2024-02-29 23:59:59.999999|2024-02-29",
			}, lines)
			_, err = tx.Exec(t.Context(), "DROP TABLE s.copied")
			return err
		}))
	}
}

// TestCopyRefuses says into which table, and leaves nothing.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	db := open(t)
	for what, spoil := range map[string]func(*pg.Rows){
		"a value too few":     func(rows *pg.Rows) { rows.Row(2); rows.Text("a") },
		"text Postgres hates": func(rows *pg.Rows) { rows.Row(1); rows.Text("a\x00b") },
		"a broken character":  func(rows *pg.Rows) { rows.Row(1); rows.Text("\xff") },
	} {
		err := db.Tx(t.Context(), func(tx pgx.Tx) error {
			makeCopied(t, tx)
			var rows pg.Rows
			spoil(&rows)
			_, err := db.Copy(t.Context(), tx, copied, []string{"a"}, false, &rows)
			return err
		})
		require.ErrorContains(t, err, `COPY into "s"."copied"`, what)
		require.True(t, pg.ClassOf(err).Final(), what)
	}
}

// BenchmarkCopy is a row such as stage 5 writes, encoded and sent: by Rows, and by
// pgx's own CopyFrom of boxed values.
func BenchmarkCopy(b *testing.B) {
	db := open(b)
	url, at := "https://shop.example/"+strings.Repeat("p", 60), time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	const n = 20_000
	columns := []string{"a", "b", "d", "f", "g", "h"}
	for _, c := range []struct {
		name string
		send func(tx pgx.Tx) error
	}{
		{"Rows", func(tx pgx.Tx) error {
			var rows pg.Rows
			for range n {
				rows.Row(len(columns))
				rows.Text(url)
				rows.TextOrNull("")
				rows.Bool(true)
				rows.Int4(1)
				rows.Int8(2)
				rows.Timestamp(at.UnixMicro())
			}
			_, err := db.Copy(b.Context(), tx, copied, columns, false, &rows)
			return err
		}},
		{"CopyFromRows", func(tx pgx.Tx) error {
			var rows [][]any
			for range n {
				rows = append(rows, []any{url, nil, true, int32(1), int64(2), at})
			}
			_, err := tx.CopyFrom(b.Context(), copied.Path(), columns, pgx.CopyFromRows(rows))
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, db.Tx(b.Context(), func(tx pgx.Tx) error {
					makeCopied(b, tx)
					if err := c.send(tx); err != nil {
						return err
					}
					_, err := tx.Exec(b.Context(), "DROP TABLE s.copied")
					return err
				}))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
		})
	}
}
