package faults_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/faults"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// TestFaultsAreHonest does every fault to every step of one small transaction, and
// sees that the server is in the state its client was told of.
func TestFaultsAreHonest(t *testing.T) {
	t.Parallel()
	url := testkit.Database(t)
	direct, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer direct.Close(context.Background())
	_, err = direct.Exec(t.Context(), "CREATE TABLE public.t (n int)")
	require.NoError(t, err)
	steps := []string{
		"connect", "begin", "prepare INSERT INTO public.t VALUES ($1)", "INSERT INTO public.t VALUES ($1)",
		"COPY public.t FROM STDIN", "data of COPY public.t FROM STDIN", "end of COPY public.t FROM STDIN", "commit",
	}
	// transact sends them, and returns what the client saw and what was done.
	transact := func(t *testing.T, o faults.Options) (fired string, rows int, status byte, err error) {
		_, cleared := direct.Exec(t.Context(), "TRUNCATE public.t")
		require.NoError(t, cleared)
		proxy, listened := faults.Listen(url, o)
		require.NoError(t, listened)
		defer func() { require.NoError(t, proxy.Close()) }()
		through, noURL := proxy.URL(url)
		require.NoError(t, noURL)
		err = func() error {
			conn, err := pgx.Connect(t.Context(), through+" default_query_exec_mode=describe_exec")
			if err != nil {
				return err
			}
			defer conn.Close(context.Background())
			defer func() { status = conn.PgConn().TxStatus() }()
			if _, err := conn.Exec(t.Context(), "begin"); err != nil {
				return err
			}
			if _, err := conn.Exec(t.Context(), "INSERT INTO public.t VALUES ($1)", 1); err != nil {
				return err
			}
			if _, err := conn.PgConn().CopyFrom(t.Context(), bytes.NewReader([]byte("2\n")), "COPY public.t FROM STDIN"); err != nil {
				return err
			}
			if _, err := conn.Exec(t.Context(), "commit"); err != nil {
				return err
			}
			return conn.Ping(t.Context())
		}()
		if o.At == 0 {
			require.Equal(t, steps, proxy.Steps())
		}
		require.NoError(t, proxy.Close())
		in := installed{watcher: direct}
		require.NoError(t, in.sessionsEnd(t.Context()))
		require.NoError(t, direct.QueryRow(t.Context(), "SELECT count(*) FROM public.t").Scan(&rows))
		return proxy.Fired(), rows, status, err
	}
	_, rows, _, err := transact(t, faults.Options{})
	require.NoError(t, err)
	require.Equal(t, 2, rows)
	did := []string{"kill-after", "reply-lost", "08007", "40003"}
	for _, f := range faults.All() {
		for k, step := range steps {
			killed := false
			fired, rows, status, err := transact(t, faults.Options{At: k + 1, Fault: f, Kill: func() { killed = true }})
			require.Equal(t, step, fired)
			require.Error(t, err, "%s at %s", f.Name, step)
			require.Equal(t, f.Kills(), killed)
			var told *pgconn.PgError
			if f.Code != "" {
				require.True(t, errors.As(err, &told), "%s at %s: %v", f.Name, step, err)
				require.Equal(t, f.Code, told.Code)
			}
			committed := step == "commit" && slices.Contains(did, f.Name)
			require.Equal(t, committed, rows == 2, "%s at %s", f.Name, step)
			if told != nil && told.Severity == "ERROR" {
				inTransaction := step != "begin" && step != "commit"
				require.Equal(t, inTransaction, status == 'E', "%s at %s: the transaction is %c", f.Name, step, status)
			}
		}
	}
}

// TestMeanwhileIsDoneBeforeTheStep needs a table that is made at the last moment.
func TestMeanwhileIsDoneBeforeTheStep(t *testing.T) {
	t.Parallel()
	url := testkit.Database(t)
	direct, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer direct.Close(context.Background())
	proxy, err := faults.Listen(url, faults.Options{At: 2, Fault: faults.Meanwhile, Do: func() {
		_, err := direct.Exec(context.Background(), "CREATE TABLE public.t (n int)")
		require.NoError(t, err)
	}})
	require.NoError(t, err)
	defer func() { require.NoError(t, proxy.Close()) }()
	through, err := proxy.URL(url)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), through)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), "INSERT INTO public.t VALUES (1)")
	require.NoError(t, err)
	require.Equal(t, "INSERT INTO public.t VALUES (1)", proxy.Fired())
}
