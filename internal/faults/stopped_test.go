package faults_test

import (
	"context"
	"fmt"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/faults"
)

// beginsStage is the statement that begins an attempt at a stage.
var beginsStage = regexp.MustCompile(`^(INSERT INTO|WITH closed AS \( UPDATE) "attribution_ops"\.stage_runs`)

// stagesOf are the first steps of the stages, and where the last one ends.
func (u undisturbed) stagesOf() (begins []int) {
	for k, name := range u.steps {
		if beginsStage.MatchString(name) {
			begins = append(begins, k+2)
		}
	}
	return append(begins, len(u.steps)-10) // what ends the run is no stage's
}

// TestSigtermInAStage asks the binary to stop in the midst of each stage: it exits
// with 4, says so in the ledger, pages nobody, and the next run goes on.
func TestSigtermInAStage(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	begins := want.stagesOf()
	require.Len(t, begins, 9)
	for stage := range 8 {
		if !*complete && stage != 1 && stage != 6 {
			continue
		}
		t.Run(fmt.Sprint("stage ", stage+1), func(t *testing.T) {
			in, err := n.install(t)
			require.NoError(t, err)
			defer in.close()
			var child *process
			proxy, err := faults.Listen(in.url, faults.Options{At: (begins[stage] + begins[stage+1]) / 2, Fault: faults.Meanwhile, Do: func() {
				_ = child.cmd.Process.Signal(syscall.SIGTERM)
				time.Sleep(50 * time.Millisecond)
			}})
			require.NoError(t, err)
			defer proxy.Close()
			child, err = in.start(t, proxy, 1)
			require.NoError(t, err)
			ran := child.wait()
			require.Equal(t, 4, ran.code, "%v", ran.err)
			require.NoError(t, proxy.Close())
			var state string
			require.NoError(t, in.watcher.QueryRow(t.Context(), "SELECT state FROM attribution_ops.runs ORDER BY run_id DESC LIMIT 1").Scan(&state))
			require.Equal(t, "interrupted", state)
			require.NoError(t, in.compare(t.Context(), want, ran, faults.Meanwhile))
		})
	}
}

// held starts the binary without a proxy and has it wait for a lock in stage 1; release
// gives the lock back.
func held(t *testing.T, in *installed) (p *process, waits int, release func()) {
	holder, err := pgx.Connect(t.Context(), in.url)
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), "SET application_name = 'holder'; BEGIN; LOCK TABLE segment.app_tracks IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	p, err = in.start(t, nil, 1)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		err := in.watcher.QueryRow(t.Context(), `SELECT pid FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'attribution' AND wait_event_type = 'Lock'`).Scan(&waits)
		return err == nil
	}, patience, 10*time.Millisecond)
	return p, waits, func() { _ = holder.Close(context.Background()) }
}

// TestAKilledRunLeavesNoStatementBehind kills the binary while the server works on its
// statement: the statement ends by itself, before it could go on.
func TestAKilledRunLeavesNoStatementBehind(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	in, err := n.install(t)
	require.NoError(t, err)
	defer in.close()
	p, _, release := held(t, in)
	defer release()
	p.kill()
	require.Eventually(t, func() bool {
		var left int
		err := in.watcher.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'attribution'").Scan(&left)
		return err == nil && left == 0
	}, patience, 50*time.Millisecond, "client_connection_check_interval is 5 s")
	release()
	require.NoError(t, in.compare(t.Context(), want, p.wait(), faults.Fault{}))
}

// TestAnOperatorsCancelIsFinal cancels the run's statement by hand: the run ends, with
// one page, and is not tried again.
func TestAnOperatorsCancelIsFinal(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	in, err := n.install(t)
	require.NoError(t, err)
	defer in.close()
	p, waits, release := held(t, in)
	defer release()
	_, err = in.watcher.Exec(t.Context(), "SELECT pg_cancel_backend($1)", waits)
	require.NoError(t, err)
	ran := p.wait()
	require.Equal(t, 1, ran.code)
	ran.stage = "extract"
	var attempts int
	require.NoError(t, in.watcher.QueryRow(t.Context(), "SELECT max(attempt) FROM attribution_ops.stage_runs WHERE run_id = (SELECT max(run_id) FROM attribution_ops.runs)").Scan(&attempts))
	require.Equal(t, 1, attempts)
	release()
	require.NoError(t, in.compare(t.Context(), want, ran, faults.Fault{Final: true}))
}
