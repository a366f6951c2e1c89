package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg"
)

// TestRetryable goes through the table of docs/operations.md, code by code.
func TestRetryable(t *testing.T) {
	t.Parallel()
	codes := map[bool][]string{
		true: {
			"08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03", "57P05", // connection
			"08007", "40003", // outcome unknown: the ledger is in the same transaction
			"40001", "40P01", "55P03", "55006", // contention
			"25006",                                              // read only: a failover
			"53000", "53100", "53200", "53300", "53400", "58030", // resources
			"XX000", // internal
		},
		false: {
			"XX001", "XX002", // corruption: never
			"22001", "22003", "22007", "22012", "22021", "22P02", "22P05",
			"23000", "23502", "23503", "23505", "23514", "23P01",
			"28000", "28P01", "2BP01", "3D000", "3F000",
			"42501", "42601", "42703", "42P01", "42P07", "42804", "42883",
			"54000", "54001", "54011", "57P04", "25P02", "25001",
			"00000", "01000", "P0001", "HV000",
		},
	}
	for want, list := range codes {
		for _, code := range list {
			err := error(&pgconn.PgError{Code: code, Message: "any"})
			require.Equal(t, want, !pg.ClassOf(err).Final(), code)
			require.Equal(t, want, !pg.ClassOf(fmt.Errorf("stage x: %w", &pg.StatementError{File: "f", Err: err})).Final(), "%s, wrapped", code)
			require.Equal(t, want, !pg.ClassOf(errors.Join(errors.New("other"), err)).Final(), "%s, joined", code)
		}
	}
}

// TestClasses: each kind of error has its own patience.
func TestClasses(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]pg.Class{
		"08006": pg.Connection, "57P01": pg.Connection, "57P03": pg.Connection, "08007": pg.Unknown, "40003": pg.Unknown,
		"40001": pg.Contention, "40P01": pg.Contention, "55P03": pg.Contention, "25006": pg.ReadOnly,
		"53100": pg.Resources, "53300": pg.Resources, "58030": pg.Resources, "XX000": pg.Internal, "XX001": pg.Permanent,
		"57P04": pg.Permanent, "42501": pg.Permanent, "22P02": pg.Permanent, "23505": pg.Permanent, "0A000": pg.Permanent,
	} {
		require.Equal(t, want, pg.ClassOf(&pgconn.PgError{Code: code, Message: "any"}), code)
	}
	require.Equal(t, pg.Drift, pg.ClassOf(&pgconn.PgError{Code: "0A000", Message: "cached plan must not change result type"}))
	require.Equal(t, pg.Timeout, pg.ClassOf(context.DeadlineExceeded))
	require.Equal(t, pg.Permanent, pg.ClassOf(nil))
}

// TestRetryableCancelled: an operator's stop and our own are final, a time-out is not.
func TestRetryableCancelled(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"canceling statement due to statement timeout": true,
		"canceling statement due to user request":      false,
		"COPY from stdin failed: our own error":        false,
		"":                                             false,
	} {
		require.Equal(t, want, !pg.ClassOf(&pgconn.PgError{Code: "57014", Message: message}).Final(), message)
	}
	require.True(t, pg.ClassOf(context.Canceled).Final())
	require.True(t, pg.ClassOf(fmt.Errorf("x: %w", context.Canceled)).Final())
	require.True(t, pg.ClassOf(errors.Join(&pgconn.PgError{Code: "40001"}, context.Canceled)).Final())
	require.False(t, pg.ClassOf(context.DeadlineExceeded).Final())
}

// TestRetryableOfConnections: whatever did not come from the server.
func TestRetryableOfConnections(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"end of file":    io.ErrUnexpectedEOF,
		"end":            fmt.Errorf("read: %w", io.EOF),
		"closed":         net.ErrClosed,
		"conn closed":    errors.New("conn closed"),
		"reset":          &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET},
		"reset, bare":    syscall.ECONNRESET,
		"broken pipe":    fmt.Errorf("write failed: %w", syscall.EPIPE),
		"name not found": &net.DNSError{Err: "no such host", Name: "db"},
	} {
		require.False(t, pg.ClassOf(err).Final(), name)
	}
	for name, err := range map[string]error{
		"none":          nil,
		"our own":       errors.New("3 rows where 4 were expected"),
		"no rows":       pgx.ErrNoRows,
		"a bad message": fmt.Errorf("marks of a visit: damaged"),
	} {
		require.True(t, pg.ClassOf(err).Final(), name)
	}
}

// TestRetryableOfConnecting: a server that is not there may come; a password that is
// wrong stays wrong.
func TestRetryableOfConnecting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := pg.Connect(ctx, "postgres://nobody@127.0.0.1:1/x?connect_timeout=2")
	require.ErrorContains(t, err, "connect to Postgres")
	require.False(t, pg.ClassOf(err).Final())
	_, err = pg.Connect(ctx, "postgres://%zz")
	require.ErrorContains(t, err, "database URL")
	require.NotContains(t, fmt.Sprint(err), "secret")
}

// TestRetryableNeverPanics, also on an error without a code, as a pooler may send.
func TestRetryableNeverPanics(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "4", "40"} {
		require.NotPanics(t, func() { _ = pg.ClassOf(&pgconn.PgError{Code: code}) }, "%q", code)
	}
}
