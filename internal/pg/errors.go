package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A Class is what kind of error a try ended with, and what is to be done about it.
type Class struct {
	Name  string        // for the log and the ledger
	Tries int           // the most tries that may end so; 0: as many as the time allows; 1: never again
	Pause time.Duration // before the next try, the first time; it grows from there
}

// The classes of errors. Each try is on new connections.
var (
	Connection = Class{"connection", 0, time.Second}               // lost, refused, a server that starts or stops
	Unknown    = Class{"outcome unknown", 0, time.Second}          // of a commit: the ledger knows
	Contention = Class{"contention", 0, 200 * time.Millisecond}    // deadlocks, serialization, locks
	ReadOnly   = Class{"read-only server", 0, 2 * time.Second}     // a failover under way
	Resources  = Class{"resources exhausted", 0, 30 * time.Second} // disk, memory, connections
	Timeout    = Class{"timeout", 2, time.Second}                  // of a statement or an attempt
	Drift      = Class{"source changed", 3, time.Second}           // a source table changed under a statement
	Internal   = Class{"internal error", 3, 5 * time.Second}       // of the server
	Permanent  = Class{"permanent", 1, 0}                          // data, privileges, syntax, our own defects
)

// byCode is the class of an SQLSTATE, or of all that begin with its two characters.
var byCode = map[string]Class{
	"08": Connection, "57": Connection, "57P04": Permanent, // the database was dropped
	"08007": Unknown, "40003": Unknown,
	"40": Contention, "55P03": Contention, "55006": Contention,
	"25006": ReadOnly,
	"53":    Resources, "58030": Resources,
	"XX": Internal, "XX001": Permanent, "XX002": Permanent, // corruption
}

// ClassOf is the class of an error of the database or of the way there.
func ClassOf(err error) Class {
	if err == nil || errors.Is(err, context.Canceled) {
		return Permanent
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return classOfConnection(err)
	}
	switch {
	case e.Code == "57014": // cancelled: an operator's stop is final
		if e.Message == "" || strings.HasPrefix(e.Message, "canceling statement due to user request") || strings.HasPrefix(e.Message, "COPY from stdin failed") {
			return Permanent
		}
		return Timeout // also what a server says in another language
	case e.Code == "0A000" && strings.Contains(e.Message, "cached plan"):
		return Drift
	}
	for _, prefix := range []string{e.Code, e.Code[:min(2, len(e.Code))]} { // a pooler's error may have no code
		if class, known := byCode[prefix]; known {
			return class
		}
	}
	return Permanent
}

// Final reports whether no other try can mend an error of the class.
func (c Class) Final() bool { return c.Tries == 1 }

// classOfConnection is the class of an error that did not come from the server:
// of the connection, or of our own code.
func classOfConnection(err error) Class {
	var connect *pgconn.ConnectError
	var password *PasswordError // a file being rotated, credentials out of reach
	var network net.Error
	switch {
	case errors.As(err, &connect), errors.As(err, &password):
		return Connection
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case pgconn.Timeout(err), errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return Connection
	case strings.Contains(err.Error(), "conn closed"): // pgconn's error has no type
		return Connection
	}
	return Permanent
}
