// Package faults stands between a program and its PostgreSQL server and does to one of
// their messages what networks, servers and machines do: numbered, so that a test can
// do it to each of them in turn. Tests only use it; the sweep over all messages of a
// night is in its own tests, and docs/reliability.md says what it proves.
package faults

// A Fault is something that happens to one step of a conversation. The server is in
// the state the client is told of: what is reported as aborted was aborted.
type Fault struct {
	Name    string // for people and flags: reply-lost
	Code    string // SQLSTATE of what the client is told, if anything
	Message string // its text
	Final   bool   // the program does not try again
	how     how
}

// Meanwhile is no fault of the conversation: Options.Do is done before the step is
// passed on, while the client waits.
var Meanwhile = Fault{Name: "meanwhile", how: meanwhile}

// Kills reports whether the fault is a SIGKILL of the client, which only a process of
// its own survives testing.
func (f Fault) Kills() bool { return f.how == killBefore || f.how == killAfter }

type how int

const (
	none       how = iota
	killBefore     // the client dies before the server gets the message
	killAfter      // the client dies after the server did it
	resetOnly      // the connection is reset, the message lost
	replyLost      // the server does it, the reply is lost, the connection reset
	refused        // the server says ERROR, and aborts its transaction
	fatal          // the server says FATAL and ends the session, the message not done
	unknown        // the server does it, says that it does not know, and ends the session
	meanwhile
)

// timedOut is how a server words a statement timeout; a user's cancel is another text
// under the same code.
const timedOut = "canceling statement due to statement timeout"

// All are the faults of the sweep: what happens to a process, to a connection, an error
// of each class that the program tries again, and two that it does not.
func All() []Fault {
	return []Fault{
		{Name: "kill-before", how: killBefore},
		{Name: "kill-after", how: killAfter},
		{Name: "reset-before", how: resetOnly},
		{Name: "reply-lost", how: replyLost},
		{Name: "40001", Code: "40001", Message: "could not serialize access due to concurrent update", how: refused},
		{Name: "40P01", Code: "40P01", Message: "deadlock detected", how: refused},
		{Name: "55P03", Code: "55P03", Message: "canceling statement due to lock timeout", how: refused},
		{Name: "55006", Code: "55006", Message: "object is in use", how: refused},
		{Name: "25006", Code: "25006", Message: "cannot execute this in a read-only transaction", how: refused},
		{Name: "53100", Code: "53100", Message: "could not extend file: No space left on device", how: refused},
		{Name: "58030", Code: "58030", Message: "could not read block: Input/output error", how: refused},
		{Name: "0A000", Code: "0A000", Message: "cached plan must not change result type", how: refused},
		{Name: "57014", Code: "57014", Message: timedOut, how: refused},
		{Name: "XX000", Code: "XX000", Message: "could not open relation", how: refused},
		{Name: "42501", Code: "42501", Message: "permission denied", Final: true, how: refused},
		{Name: "cancelled", Code: "57014", Message: "canceling statement due to user request", Final: true, how: refused},
		{Name: "08006", Code: "08006", Message: "connection failure", how: fatal},
		{Name: "57P01", Code: "57P01", Message: "terminating connection due to administrator command", how: fatal},
		{Name: "57P03", Code: "57P03", Message: "the database system is shutting down", how: fatal},
		{Name: "53300", Code: "53300", Message: "sorry, too many clients already", how: fatal},
		{Name: "08007", Code: "08007", Message: "transaction resolution unknown", how: unknown},
		{Name: "40003", Code: "40003", Message: "statement completion unknown", how: unknown},
	}
}
