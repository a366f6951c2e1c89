package testkit_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit"
)

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func value[T any](t testing.TB, conn *pgx.Conn, query string) (v T) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), query).Scan(&v))
	return v
}

func TestDatabaseIsPrivateAndEmpty(t *testing.T) {
	t.Parallel()
	var names [2]string
	for i := range names {
		conn := connect(t, testkit.Database(t))
		names[i] = value[string](t, conn, "SELECT current_database()")
		require.Equal(t, "UTF8", value[string](t, conn, "SHOW server_encoding"))
		require.Equal(t, `""`, value[string](t, conn, "SHOW search_path"))
		require.Zero(t, value[int](t, conn, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
		_, err := conn.Exec(t.Context(), "CREATE TABLE nowhere (a int)")
		require.ErrorContains(t, err, "no schema has been selected")
		_, err = conn.Exec(t.Context(), "CREATE TABLE public.t (a int)")
		require.NoError(t, err)
	}
	require.NotEqual(t, names[0], names[1])
}

func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		conn := connect(t, testkit.Database(t))
		name = value[string](t, conn, "SELECT current_database()")
	})
	conn := connect(t, testkit.Database(t))
	require.Zero(t, value[int](t, conn, fmt.Sprintf("SELECT count(*) FROM pg_database WHERE datname = '%s'", name)))
}

func TestTemplateIsPreparedOnce(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	prepare := func(ctx context.Context, url string) error {
		prepared.Add(1)
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE public.t AS SELECT 42 AS answer")
		return err
	}
	key := t.Name() + testkit.Database(t) // another each time on a shared server
	t.Run("group", func(t *testing.T) {
		for i := range 12 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				conn := connect(t, testkit.Template(t, key, prepare))
				require.Equal(t, 42, value[int](t, conn, "SELECT answer FROM public.t"))
				require.Equal(t, `""`, value[string](t, conn, "SHOW search_path"))
				_, err := conn.Exec(t.Context(), "DELETE FROM public.t")
				require.NoError(t, err)
			})
		}
	})
	require.EqualValues(t, 1, prepared.Load())
}

func BenchmarkDatabase(b *testing.B) {
	for b.Loop() {
		b.Run("one", func(b *testing.B) { testkit.Database(b) })
	}
}
