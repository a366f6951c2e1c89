package pg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/testkit"
)

const spoiled = "-- Wörter – „mehrere Bytes“ je Zeichen.\nSELECT 'ä', 'ö',\n    'ü' || \"🙂\"\nFROM pg_catalog.pg_class"

// open gives the test a database with one table and a DB over a few templates.
func open(t testing.TB) *pg.DB {
	t.Helper()
	pool, err := pg.Connect(t.Context(), testkit.Database(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), "CREATE SCHEMA s; CREATE TABLE s.t (n int PRIMARY KEY, x text)")
	require.NoError(t, err)
	templates, err := parse(t, map[string]string{
		"insert.sql":   "INSERT INTO s.t (n)\nVALUES (@n)",
		"count.sql":    "SELECT count(*) FROM s.t",
		"returns.sql":  "INSERT INTO s.t (n) VALUES (@n) RETURNING n",
		"spoiled.sql":  spoiled,
		"indented.sql": "\n\n  -- leading blank lines are not sent\n  SELECT nope",
		"line1.sql":    "SELEC 1",
		"runtime.sql":  "SELECT 1\n / @n::int",
		"flag.sql":     "SELECT 1{{if .Flag}},\n 2,\n nope{{end}}",
	})
	require.NoError(t, err)
	return &pg.DB{Pool: pool, Templates: templates}
}

func count(t *testing.T, db *pg.DB) (n int) {
	t.Helper()
	require.NoError(t, db.Pool.QueryRow(t.Context(), "SELECT count(*) FROM s.t").Scan(&n))
	return n
}

func TestEveryConnectionIsSetUp(t *testing.T) {
	t.Parallel()
	url := testkit.Database(t)
	pool, err := pg.Connect(t.Context(), url+"&timezone=Asia/Tokyo&search_path=public&statement_timeout=7min&application_name=mine&datestyle=German")
	require.NoError(t, err)
	defer pool.Close()
	for setting, want := range map[string]string{
		"timezone": "UTC", "search_path": "", "datestyle": "ISO, YMD", "statement_timeout": "7min", "lock_timeout": "30s", "application_name": "mine",
		"client_connection_check_interval": "5s", "jit": "off",
	} {
		var got string
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got))
		require.Equal(t, want, got, setting)
	}
	require.EqualValues(t, pg.MaxConnections, pool.Config().MaxConns)
}

// TestASourceTableMayChangeBetweenStatements without 0A000: no plan is kept.
func TestASourceTableMayChangeBetweenStatements(t *testing.T) {
	t.Parallel()
	db := open(t)
	conn, err := db.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for i := range 3 {
		rows, err := conn.Query(t.Context(), "SELECT * FROM s.t WHERE n = $1", 1)
		require.NoError(t, err)
		rows.Close()
		require.NoError(t, rows.Err())
		require.Len(t, rows.FieldDescriptions(), 2+i)
		_, err = conn.Exec(t.Context(), fmt.Sprintf("ALTER TABLE s.t ADD c%d int", i))
		require.NoError(t, err)
	}
}

func TestArgumentsAreStrict(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, err := db.Exec(t.Context(), db.Pool, "insert.sql", pg.Data{}, pg.Args{})
	require.ErrorContains(t, err, "n")
	_, err = db.Exec(t.Context(), db.Pool, "insert.sql", pg.Data{}, pg.Args{"n": 1, "m": 2})
	require.ErrorContains(t, err, "m")
	require.Zero(t, count(t, db))
	n, err := db.Exec(t.Context(), db.Pool, "insert.sql", pg.Data{}, pg.Args{"n": 1})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

// TestStatementErrorsNameFileAndLine, counted in characters, not bytes.
func TestStatementErrorsNameFileAndLine(t *testing.T) {
	t.Parallel()
	db := open(t)
	ways := map[string]func(file string, d pg.Data, a pg.Args) error{
		"exec": func(file string, d pg.Data, a pg.Args) error {
			_, err := db.Exec(t.Context(), db.Pool, file, d, a)
			return err
		},
		"scan": func(file string, d pg.Data, a pg.Args) error {
			return db.Scan(t.Context(), db.Pool, file, d, a, new(any))
		},
		"collect": func(file string, d pg.Data, a pg.Args) error {
			_, err := pg.Collect(t.Context(), db, db.Pool, file, d, a, pgx.RowToMap)
			return err
		},
	}
	for way, send := range ways {
		for _, c := range []struct {
			file, want string
			flag       bool
			args       pg.Args
		}{
			{"spoiled.sql", "spoiled.sql:3: ", false, nil},
			{"line1.sql", "line1.sql:1: ", false, nil},
			{"indented.sql", "indented.sql:2: ", false, nil}, // of the statement as sent
			{"flag.sql", "flag.sql:3: ", true, nil},
			{"runtime.sql", "runtime.sql: ", false, pg.Args{"n": 0}}, // no position is known
		} {
			err := send(c.file, pg.Data{Flag: c.flag}, c.args)
			require.ErrorContains(t, err, c.want, way)
			require.ErrorContains(t, err, "SQLSTATE", way)
			var located *pg.StatementError
			require.ErrorAs(t, err, &located, way)
			require.Equal(t, c.file, located.File)
		}
	}
}

func TestTxCommitsOrRollsBack(t *testing.T) {
	t.Parallel()
	db := open(t)
	insert := func(ctx context.Context, tx pgx.Tx, n int) error {
		_, err := db.Exec(ctx, tx, "insert.sql", pg.Data{}, pg.Args{"n": n})
		return err
	}
	require.NoError(t, db.Tx(t.Context(), func(tx pgx.Tx) error { return insert(t.Context(), tx, 1) }))
	require.Equal(t, 1, count(t, db))
	stop := errors.New("stop")
	require.ErrorIs(t, db.Tx(t.Context(), func(tx pgx.Tx) error {
		return errors.Join(insert(t.Context(), tx, 2), stop)
	}), stop)
	require.Equal(t, 1, count(t, db))
	// A unique violation ends the transaction; the error is the cause.
	require.ErrorContains(t, db.Tx(t.Context(), func(tx pgx.Tx) error {
		if err := insert(t.Context(), tx, 3); err != nil {
			return err
		}
		return insert(t.Context(), tx, 1)
	}), "23505")
	require.Equal(t, 1, count(t, db))
}

// TestTxRollsBackAfterCancel: nothing stays, no transaction and no lock hangs on.
func TestTxRollsBackAfterCancel(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, when := range []string{"after a statement", "in a statement", "before the commit"} {
		ctx, cancel := context.WithCancel(t.Context())
		made := db.Pool.Stat().NewConnsCount()
		err := db.Tx(ctx, func(tx pgx.Tx) error {
			if _, err := db.Exec(ctx, tx, "insert.sql", pg.Data{}, pg.Args{"n": 1}); err != nil {
				return err
			}
			switch when {
			case "after a statement":
				cancel()
				return ctx.Err()
			case "in a statement":
				time.AfterFunc(20*time.Millisecond, cancel)
				_, err := tx.Exec(ctx, "SELECT pg_sleep(30)")
				return err
			}
			cancel()
			return nil
		})
		cancel()
		require.Error(t, err, when)
		require.ErrorIs(t, err, context.Canceled, when)
		require.True(t, pg.ClassOf(err).Final(), when)
		require.Zero(t, count(t, db), when)
		if when == "after a statement" {
			require.Equal(t, made, db.Pool.Stat().NewConnsCount(), "rolled back, not cut off: the connection is kept")
		}
		require.Eventually(t, func() bool {
			var open int
			require.NoError(t, db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`).Scan(&open))
			return open == 0
		}, 10*time.Second, 10*time.Millisecond, when)
	}
	_, err := db.Exec(t.Context(), db.Pool, "insert.sql", pg.Data{}, pg.Args{"n": 1})
	require.NoError(t, err, "the pool still works")
}

// TestDrySendsNothingThatWrites and lists each statement once.
func TestDrySendsNothingThatWrites(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, err := db.Exec(t.Context(), db.Pool, "insert.sql", pg.Data{}, pg.Args{"n": 1})
	require.NoError(t, err)
	dry := *db
	var planned []pg.Statement
	dry.Planned = &planned
	require.True(t, dry.Dry())
	require.False(t, db.Dry())
	kept := 42
	require.NoError(t, dry.Tx(t.Context(), func(tx pgx.Tx) error {
		for n := range 3 {
			_, err := dry.Exec(t.Context(), tx, "insert.sql", pg.Data{}, pg.Args{"n": 5 + n})
			require.NoError(t, err)
		}
		require.NoError(t, dry.Scan(t.Context(), tx, "returns.sql", pg.Data{}, pg.Args{"n": 9}, &kept))
		got, err := pg.Collect(t.Context(), &dry, tx, "count.sql", pg.Data{}, nil, pgx.RowTo[int])
		require.NoError(t, err)
		require.Equal(t, []int{1}, got, "what only reads is sent")
		var rows pg.Rows
		rows.Row(2)
		rows.Int4(1)
		rows.Text("a")
		n, err := dry.Copy(t.Context(), tx, pg.Table{Schema: "s", Name: `t"`}, []string{"n", `x"`}, false, &rows)
		require.NoError(t, err)
		require.Zero(t, n)
		return nil
	}))
	require.Equal(t, 42, kept)
	require.Equal(t, 1, count(t, db))
	var files []string
	for _, s := range planned {
		files = append(files, s.File)
	}
	require.Equal(t, []string{"insert.sql", "returns.sql", "count.sql", "COPY"}, files)
	require.Equal(t, `COPY "s"."t""" ("n", "x""") FROM STDIN (FORMAT binary)`, planned[3].SQL)
	require.Equal(t, pg.Args{"n": 5}, planned[0].Args)
	// A stage that forgot to ask is stopped by the server.
	require.ErrorContains(t, dry.Tx(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO s.t VALUES (7)")
		return err
	}), "25006")
	require.Equal(t, 1, count(t, db))
}

func TestCopyErrorsNameTheTable(t *testing.T) {
	t.Parallel()
	db := open(t)
	err := db.Tx(t.Context(), func(tx pgx.Tx) error {
		var rows pg.Rows
		rows.Row(1)
		rows.Int4(1)
		_, err := db.Copy(t.Context(), tx, pg.Table{Schema: "s", Name: "nope"}, []string{"n"}, false, &rows)
		return err
	})
	require.ErrorContains(t, err, `"s"."nope"`)
	require.Zero(t, count(t, db))
}
