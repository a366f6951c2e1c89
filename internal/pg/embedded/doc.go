// Package embedded runs a private PostgreSQL server under a folder of our own:
// for the demo, for tests, and for people without a database of their own.
//
// The server is an ordinary one, found on the machine (Find) or fetched
// (Install). It listens on a Unix socket only, in a folder that nobody but its
// own account and root can enter, and trusts whoever gets that far. PostgreSQL
// refuses to run as root, so root runs it as the account "postgres", else
// "nobody", else as the owner of the data already there.
//
// A server never outlives the process that started it, unless Options.Outlive
// asks for that: a small shell process waits for the end of ours and then stops
// the server, whatever ended us.
//
// The package needs a Unix system.
package embedded
