package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/faults"
	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// A machine is a server of the test's own, that may go down and come up again.
type machine struct {
	options embedded.Options
	mu      sync.Mutex
	server  *embedded.Server
	err     error // why it did not come up
	up      sync.WaitGroup
}

// newMachine starts a server that keeps what it said it has, a crash of its own
// included, with one database, prepared, to make others of.
func newMachine(t *testing.T, n night) *machine {
	dir, err := os.MkdirTemp("", "attribution-faults-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711)) // the server's account must pass
	m := &machine{options: testkit.ServerOptions()}
	m.options.Dir, m.options.Temporary = dir, false
	m.options.Settings["synchronous_commit"] = "on"
	m.start(t.Context())
	require.NoError(t, m.err)
	t.Cleanup(func() {
		m.up.Wait()
		require.NoError(t, errors.Join(m.err, m.server.Stop(), embedded.Remove(context.Background(), dir)))
	})
	m.exec(t, "CREATE DATABASE prepared")
	require.NoError(t, n.prepare(t.Context(), m.url("prepared")))
	return m
}

func (m *machine) start(ctx context.Context) {
	server, err := embedded.Start(ctx, m.options)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.server, m.err = server, err
}

// away starts the server again a while after it has gone.
func (m *machine) away(gone *embedded.Server) {
	m.up.Go(func() {
		<-gone.Exited()
		_ = gone.Stop() // gives its folder back; that it ended by itself is known
		time.Sleep(100 * time.Millisecond)
		m.start(context.Background())
	})
}

func (m *machine) url(database string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.server.URL(database)
}

func (m *machine) exec(t *testing.T, statements ...string) {
	conn, err := pgx.Connect(t.Context(), m.url("postgres"))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	for _, s := range statements {
		_, err := conn.Exec(t.Context(), s)
		require.NoError(t, err)
	}
}

// A mishap is something that happens to a server.
type mishap struct {
	name string
	do   func(t *testing.T, m *machine)
}

func mishaps() []mishap {
	return []mishap{
		{"restarted", func(t *testing.T, m *machine) {
			gone := m.server
			m.away(gone)
			require.NoError(t, syscall.Kill(gone.PID(), syscall.SIGINT))
			<-gone.Exited()
		}},
		{"crashed", func(t *testing.T, m *machine) {
			gone := m.server
			m.away(gone)
			require.NoError(t, syscall.Kill(gone.PID(), syscall.SIGQUIT))
			<-gone.Exited()
		}},
		{"backend killed", func(t *testing.T, m *machine) {
			conn, err := pgx.Connect(t.Context(), m.url("postgres"))
			require.NoError(t, err)
			defer conn.Close(context.Background())
			var pid int
			require.NoError(t, conn.QueryRow(t.Context(), "SELECT pid FROM pg_stat_activity WHERE application_name = 'attribution' ORDER BY random() LIMIT 1").Scan(&pid))
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}},
		{"sessions terminated", func(t *testing.T, m *machine) {
			m.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'attribution'")
		}},
		{"read-only", func(t *testing.T, m *machine) {
			m.exec(t, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
			m.up.Go(func() {
				time.Sleep(200 * time.Millisecond)
				m.exec(t, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
			})
		}},
	}
}

// TestServerFailsInAStage stops, crashes and fails over the server in the midst of
// each stage, and holds the night to an undisturbed one.
func TestServerFailsInAStage(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	m := newMachine(t, n)
	want := n.undisturbed(t)
	dice := rand.New(rand.NewPCG(*seed, 1))
	begins := want.stagesOf()
	require.Len(t, begins, 9)
	for stage := range 8 {
		for i, e := range mishaps() {
			at := begins[stage] + dice.IntN(begins[stage+1]-begins[stage]-2)
			if !*complete && (stage != 1 || i != 1) && (stage != 4 || i != 4) { // a crash in stage 2, a server that goes read-only in stage 5
				continue
			}
			t.Run(fmt.Sprintf("stage %d, %s", stage+1, e.name), func(t *testing.T) {
				if err := m.survive(t, n, want, at, e); err != nil {
					t.Fatalf("step %d, %s: %v", at, want.steps[at-1], err)
				}
			})
		}
	}
}

// survive has the mishap happen at one step of a night.
func (m *machine) survive(t *testing.T, n night, want undisturbed, at int, e mishap) error {
	// A copy's sequences believe what their template's log says, until a checkpoint: a
	// crash before it would set them back.
	m.exec(t, "DROP DATABASE IF EXISTS tonight", "CREATE DATABASE tonight TEMPLATE prepared", "CHECKPOINT")
	in, err := n.open(t.Context(), m.url("tonight"))
	if err != nil {
		return err
	}
	defer in.close()
	proxy, err := faults.Listen(in.url, faults.Options{At: at, Fault: faults.Meanwhile, Do: func() { e.do(t, m) }})
	if err != nil {
		return err
	}
	defer proxy.Close()
	ran := in.run(t.Context(), proxy, 1)
	m.up.Wait()
	_ = in.watcher.Close(t.Context()) // it may be of a server that is gone
	if err := errors.Join(proxy.Close(), m.err, in.watch(t.Context())); err != nil {
		return err
	}
	if proxy.Fired() == "" {
		return errors.Join(errors.New("the night ended before that step"), ran.err)
	}
	return in.compare(t.Context(), want, ran, faults.Meanwhile)
}
