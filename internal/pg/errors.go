package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Retryable reports whether another try of the stage, on new connections, may mend
// the error: lost connections, contention, exhausted resources, a server that starts
// or stops, a changed source table. Data, privileges and syntax are permanent. An
// error that did not come from the server (a reset, DNS, TLS) is worth a try; a
// cancelled context is not.
func Retryable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return isConnection(err)
	}
	switch e.Code {
	case "57014": // cancelled: a statement timeout is worth a try, an operator's stop is not
		return e.Message == "canceling statement due to statement timeout"
	case "57P04", "XX001", "XX002": // database dropped, corruption
		return false
	case "55P03", "55006", "25006", "58030", "0A000", "40003":
		return true
	}
	switch e.Code[:min(2, len(e.Code))] { // a pooler's error may have no code
	case "08", "40", "53", "57", "XX":
		return true
	}
	return false
}

// isConnection reports whether the error is of the connection, not of our own code.
func isConnection(err error) bool {
	var connect *pgconn.ConnectError
	var password *PasswordError // a file being rotated, credentials out of reach
	if errors.As(err, &connect) || errors.As(err, &password) {
		return true
	}
	if errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
		return true
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	return strings.Contains(err.Error(), "conn closed") // pgconn's error has no type
}
