package pipeline

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/attribution-dev/attribution/internal/pg"
)

// ErrLocked says that another run holds the lock: exit code 3.
var ErrLocked = errors.New("another run is at work in this database: wait for it, or see \"attribution status\"")

// errStale says that a session of ours that was lost still holds the lock, or that
// another run has taken it since: the fence of each transaction tells which.
var errStale = errors.New("the run lock's session was lost, and the server has not noticed yet")

// A runLock is the lock of a run, held by a session of its own, so that it goes when
// the process or its connection goes.
type runLock struct {
	p     *Pipeline
	conn  *pgxpool.Conn // nil: not held
	taken bool          // it was held once
}

// lockKey names the run lock: one for each installation in a database.
func (p *Pipeline) lockKey() pg.Args { return pg.Args{"key": "attribution " + p.db.Names.Ops} }

// hold takes the lock, or takes it again when its session was lost. It fails with
// ErrLocked when another run has it, with errStale when that cannot be told.
func (l *runLock) hold(ctx context.Context) error {
	if l.conn != nil {
		if l.conn.Ping(ctx) == nil {
			return nil
		}
		l.release(ctx)
	}
	conn, err := l.p.db.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	var free bool
	if err := l.p.db.Scan(ctx, conn, "00_run/010_lock.sql", pg.Data{}, l.p.lockKey(), &free); err != nil || !free {
		conn.Release()
		switch {
		case err != nil:
			return err
		case l.taken:
			return errStale
		}
		return ErrLocked
	}
	l.conn, l.taken = conn, true
	return nil
}

// release gives the lock back at once, so that the next run need not wait for the
// server to notice that the session has ended, and ends the session.
func (l *runLock) release(ctx context.Context) {
	if l.conn == nil {
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	if _, err := l.p.db.Exec(last, l.conn, "00_run/011_unlock.sql", pg.Data{}, nil); err != nil {
		l.p.log.DebugContext(ctx, "the run lock ends with its session", "error", err)
	}
	_ = l.conn.Conn().Close(last) // the session ends either way
	l.conn.Release()
	l.conn = nil
}
