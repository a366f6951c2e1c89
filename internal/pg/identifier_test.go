package pg_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/testkit"
)

func TestIdentRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parts []string
		why   string
	}{
		{nil, "empty"},
		{[]string{""}, "empty"},
		{[]string{"a", ""}, "empty"},
		{[]string{"", "a"}, "empty"},
		{[]string{"a\x00b"}, "NUL"},
		{[]string{"ok", "\x00"}, "NUL"},
		{[]string{strings.Repeat("x", 64)}, "64 bytes, Postgres keeps at most 63"},
		{[]string{strings.Repeat("é", 32)}, "64 bytes, Postgres keeps at most 63"},
		{[]string{"ok", strings.Repeat("x", 1000)}, "1000 bytes"},
	} {
		i, err := pg.Ident(c.parts...)
		require.ErrorContains(t, err, c.why, "%q", c.parts)
		require.Zero(t, i)
		require.Panics(t, func() { pg.MustIdent(c.parts...) })
	}
	i, err := pg.Ident(strings.Repeat("x", 63))
	require.NoError(t, err)
	require.Equal(t, `"`+strings.Repeat("x", 63)+`"`, i.String())
}

func TestIdentQuotes(t *testing.T) {
	t.Parallel()
	require.Equal(t, `"a"."b"`, pg.MustIdent("a", "b").String())
	require.Equal(t, `"a.b"`, pg.MustIdent("a.b").String())
	require.Equal(t, `"a"" "."; --"`, pg.MustIdent(`a" `, `; --`).String())
	require.Equal(t, `"Tracks"`, pg.MustIdent("Tracks").String())
	require.Empty(t, pg.Identifier{}.String())
	m, err := month.Parse("2018-12")
	require.NoError(t, err)
	table := pg.Table{Schema: `we"ird`, Name: "app_tracks"}
	require.Equal(t, `"we""ird"."app_tracks_2018_12"`, table.Partition(m).Ident().String())
	require.Equal(t, pgx.Identifier{`we"ird`, "app_tracks"}, table.Path())
	require.Equal(t, "touches_new_7", pg.AsideName("touches", 7))
	require.Equal(t, "touches_old_7", pg.OldName("touches", 7))
}

// FuzzIdent holds the quoting against a real server: whatever is not refused names
// exactly that table and column, and says nothing else.
func FuzzIdent(f *testing.F) {
	for _, seed := range []string{
		"", "a", "A", "select", "user", "tracks", `"`, `""`, `"""`, `a"b`, `"; DROP TABLE x; --`, "'", "''", "\\", `\"`, "\\'", "$1", "$$", "@name", "%s", "%", "{{.}}",
		"-- x", "/* x", "*/", ";", ".", "a.b", `a"."b`, " ", "  a", "a ", "\n", "a\nb", "\t", "\r\n", "\x00", "a\x00b", "\x01", "\x7f", "\u0085", "\u00a0", "\ufeff",
		"é", "ß", "日本語", "🙂", "\u202e", "U&\"", "U&'", "E'", "\xff", "a\xc3", "\xed\xa0\x80", strings.Repeat("x", 63), strings.Repeat("x", 64),
		strings.Repeat("é", 31) + "x", strings.Repeat("é", 32), strings.Repeat(`"`, 63), "ctid ", "oid", "pg_x", "NULL", "*", "(", "a)(b", ":x", ":'x'",
	} {
		f.Add(seed)
	}
	url := testkit.Database(f)
	f.Fuzz(func(t *testing.T, name string) {
		i, err := pg.Ident(name)
		refused := name == "" || strings.ContainsRune(name, 0) || len(name) > 63
		require.Equal(t, refused, err != nil, "%q", name)
		if refused {
			return
		}
		ctx := t.Context()
		conn, err := pgx.Connect(ctx, url)
		require.NoError(t, err)
		defer conn.Close(ctx)
		tx, err := conn.Begin(ctx)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(ctx) }()
		_, err = tx.Exec(ctx, "CREATE SCHEMA "+pg.MustIdent("s").String())
		require.NoError(t, err)
		_, err = tx.Exec(ctx, "CREATE TABLE "+pg.MustIdent("s", name).String()+" (n"+" int, "+"\"other\" text, CHECK (n > 0))")
		if !utf8.ValidString(name) {
			require.ErrorContains(t, err, "22021", "%q", name)
			return
		}
		require.NoError(t, err, "%q", name)
		_, err = tx.Exec(ctx, "ALTER TABLE "+pg.MustIdent("s", name).String()+" RENAME COLUMN \"other\" TO "+i.String())
		if name == "n" {
			require.Error(t, err)
			return
		}
		if strings.Contains(err2text(err), "42701") {
			return // a system column of that name
		}
		require.NoError(t, err, "%q", name)
		var table, column string
		require.NoError(t, tx.QueryRow(ctx, `SELECT c.relname::text, a.attname::text FROM pg_catalog.pg_class c
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = 2 WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 's') AND c.relkind = 'r'`).Scan(&table, &column))
		require.Equal(t, []string{name, name}, []string{table, column})
		// And as a column of a statement that also has bound values.
		_, err = tx.Exec(ctx, "SELECT "+i.String()+" FROM "+pg.MustIdent("s", name).String()+" WHERE n = @n", pg.Args{"n": 1})
		require.NoError(t, err, "%q", name)
	})
}

func err2text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
