package script

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit"
)

func TestCompareNamesTheFirstDifference(t *testing.T) {
	cases, err := Parse("x", `# T
expect sessions
  person   index  start
  anon:a1  1      09:00
  anon:a1  2      12:00
`)
	require.NoError(t, err)
	e := cases[0].Nights[0].Expects[0]
	first, second := []string{"anon:a1", "1", "2024-03-01 09:00"}, []string{"anon:a1", "2", "2024-03-01 12:00"}
	for _, c := range []struct {
		got  [][]string
		line int
		want string
	}{
		{[][]string{first, second}, 0, ""},
		{[][]string{first}, 5, "2 rows expected, 1 came"},
		{nil, 4, "2 rows expected, 0 came"},
		{[][]string{first, second, second}, 2, "2 rows expected, 3 came"},
		{[][]string{second, first}, 4, "row 1: index: expected 1, came 2"},
		{[][]string{first, {"anon:a1", "2", "2024-03-01 12:00:00.5"}}, 5, "row 2: start: expected 2024-03-01 12:00, came 2024-03-01 12:00:00.5"},
	} {
		err := e.compare(c.got)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, c.want)
		var m misplaced
		require.True(t, errors.As(err, &m))
		require.Equal(t, c.line, m.line)
	}
}

func TestValuesAreShownAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "-"},
		{"-", `"-"`},
		{"", `""`},
		{"a b", `"a b"`},
		{`say "x"`, `"say \"x\""`},
		{"https://shop.example/?a=b&c=%20", "https://shop.example/?a=b&c=%20"},
		{true, "yes"},
		{false, "no"},
		{int32(7), "7"},
		{time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC), "2024-03-01 09:00"},
		{time.Date(2024, 3, 1, 9, 0, 0, 1000, time.FixedZone("", 3600)), "2024-03-01 08:00:00.000001"},
	} {
		require.Equal(t, c.want, showValue(c.value))
		if s, ok := c.value.(string); ok {
			back, isNull, err := parseValue(c.want)
			require.NoError(t, err)
			require.False(t, isNull)
			require.Equal(t, s, back)
		}
	}
}

// TestCheck reads tables as they are published: in the order of the language, of one
// person where asked, NULL and all.
func TestCheck(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), testkit.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	_, err = conn.Exec(t.Context(), `
		SET TIME ZONE 'UTC';
		CREATE SCHEMA s;
		CREATE TABLE s.all_sessions (alias_id text, is_identified boolean, session_index integer, started_at timestamptz, entry_page text, is_paid boolean);
		INSERT INTO s.all_sessions VALUES ('a', true, 2, '2024-03-01 12:00Z', NULL, true), ('a', true, 1, '2024-03-01 09:00Z', 'x y', false),
			('a', false, 1, '2024-03-02 09:00Z', '', false), ('B', true, 1, '2024-03-01 10:00Z', '-', false);
		CREATE TABLE s.anonymous_ids (anonymous_id text, alias_id text, is_identified boolean, is_shared boolean);
		CREATE TABLE s.user_ids (user_id text, alias_id text);
		INSERT INTO s.anonymous_ids VALUES ('d', 'a', true, false), ('k', 'k', false, true), ('own', 'own', false, false);
		INSERT INTO s.user_ids VALUES ('a', 'a'), ('Z', 'a')`)
	require.NoError(t, err)
	cases, err := Parse("x", `# T
expect sessions
  person  index  started_at        entry_page  paid
  user:B  1      10:00             "-"         no
  anon:a  1      2024-03-02 09:00  ""          no
  user:a  1      09:00             "x y"       no
  user:a  2      12:00             -           yes
expect sessions of anon:a
  person  index
  anon:a  1
expect sessions of user:nobody none
expect aliases
  id      person  shared
  anon:d  user:a  no
  anon:k  anon:k  yes
  user:Z  user:a  no
  user:a  user:a  no
expect sessions of user:B none
`)
	require.NoError(t, err)
	expects := cases[0].Nights[0].Expects
	a := Answer{Name: "nightly", Sessions: "s", Aliases: "s"}
	for _, e := range expects[:4] {
		require.NoError(t, e.Check(t.Context(), conn, "x", a))
	}
	require.EqualError(t, expects[4].Check(t.Context(), conn, "x", a),
		"x:18: nightly: sessions: 0 rows expected, 1 came; came:\n  person\n  user:B\n")
	a.Sessions = "elsewhere"
	require.ErrorContains(t, expects[0].Check(t.Context(), conn, "x", a), "x:2: nightly: sessions: ")
}
