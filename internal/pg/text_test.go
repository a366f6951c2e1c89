package pg_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg"
)

// TestStreamText: another's statement is sent alone, reads only, and leaves nothing behind
// in the pool.
func TestStreamText(t *testing.T) {
	t.Parallel()
	db := open(t)
	var columns []string
	begin := func(names []string) error { columns = names; return nil }
	var values []string
	add := func(row [][]byte) error {
		for _, v := range row {
			values = append(values, string(v))
		}
		return nil
	}
	stream := func(sql string) error {
		values = nil
		return db.StreamText(t.Context(), "own.sql", sql, begin, add)
	}
	require.NoError(t, stream("SELECT 1.50 AS amount, '2024-01-31'::date AS \"Day\", NULL AS nothing, true AS yes, set_config('search_path', 'elsewhere', false) AS path"))
	require.Equal(t, []string{"amount", "Day", "nothing", "yes", "path"}, columns)
	require.Equal(t, []string{"1.50", "2024-01-31", "", "t", "elsewhere"}, values)
	require.NoError(t, stream("SHOW search_path"))
	require.NotContains(t, values, "elsewhere")
	require.NoError(t, stream("SELECT 1 AS one WHERE false"))
	require.Equal(t, []string{"one"}, columns)
	require.ErrorContains(t, stream("SELECT 1; SELECT 2"), "cannot insert multiple commands")
	require.ErrorContains(t, stream("CREATE TABLE s.t (a int)"), "read-only transaction")
	require.ErrorContains(t, stream("SELECT\n\n1 / 0"), "own.sql: ERROR: division by zero")
	require.ErrorContains(t, stream("SELECT\n\nx"), "own.sql:3: ERROR: column")
	failed := errors.New("no more")
	require.ErrorIs(t, db.StreamText(t.Context(), "own.sql", "SELECT 1", func([]string) error { return failed }, add), failed)
	require.ErrorIs(t, db.StreamText(t.Context(), "own.sql", "SELECT 1", begin, func([][]byte) error { return failed }), failed)

	var planned []pg.Statement
	dry := *db
	dry.Planned = &planned
	require.NoError(t, dry.StreamText(t.Context(), "own.sql", "no SQL at all", begin, add))
	require.Equal(t, []pg.Statement{{File: "own.sql", SQL: "no SQL at all"}}, planned)
}

// TestCopyNumeric: amounts are what was written, to the last digit.
func TestCopyNumeric(t *testing.T) {
	t.Parallel()
	db := open(t)
	texts := []string{"0", "-0.01", "123456789012345.678901234567890123456789", ".5", "-10000", "9999.9999", "1.25e3", "7e3"}
	require.NoError(t, db.Tx(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "CREATE TABLE s.amounts (n integer, amount numeric)")
		require.NoError(t, err)
		var rows pg.Rows
		for i, text := range texts {
			var n pgtype.Numeric
			mantissa, zeros := strings.CutSuffix(text, "e3")
			require.NoError(t, n.Scan(mantissa))
			if zeros {
				n.Exp += 3
			}
			rows.Row(2)
			rows.Int4(int32(i))
			require.NoError(t, rows.Numeric(n))
		}
		_, err = db.Copy(t.Context(), tx, pg.Table{Schema: "s", Name: "amounts"}, []string{"n", "amount"}, false, &rows)
		require.NoError(t, err)
		var same bool
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT array_agg(amount ORDER BY n) = $1::text[]::numeric[] FROM s.amounts", texts).Scan(&same))
		require.True(t, same)
		return nil
	}))
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	table, err := pg.ParseTable(`Mar"keting.ad spend`)
	require.NoError(t, err)
	require.Equal(t, `"Mar""keting"."ad spend"`, table.Ident().String())
	for _, text := range []string{"", "spend", ".spend", "marketing.", "a.b.c", "a.\x00"} {
		_, err := pg.ParseTable(text)
		require.ErrorContains(t, err, "is no table such as marketing.spend")
	}
}
