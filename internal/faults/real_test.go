package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/faults"
)

// TestKilledAtRandomInstants kills the binary with kill -9 at any instant of a night,
// with the parallelism it has by default.
func TestKilledAtRandomInstants(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	in, err := n.install(t)
	require.NoError(t, err)
	began := time.Now()
	whole, err := in.start(t, nil, 0)
	require.NoError(t, err)
	require.NoError(t, whole.wait().err)
	length := time.Since(began)
	in.close()
	dice := rand.New(rand.NewPCG(*seed, 2))
	instants := make([]time.Duration, *kills)
	for i := range instants {
		instants[i] = time.Duration(dice.Int64N(int64(length)))
	}
	survived := inLanes(t, instants, func(t *testing.T, at time.Duration) error {
		in, err := n.install(t)
		if err != nil {
			return err
		}
		defer in.close()
		p, err := in.start(t, nil, 0)
		if err != nil {
			return err
		}
		time.Sleep(at)
		p.kill()
		return in.compare(t.Context(), want, p.wait(), faults.Fault{})
	}, func(at time.Duration) string { return fmt.Sprintf("killed after %s", at) })
	fmt.Printf("killed at random: survived %d of %d\n", survived, len(instants))
}

// TestSweepInParallel does faults to nights that do several pieces of work at once:
// which step is the k-th differs from night to night, and is drawn.
func TestSweepInParallel(t *testing.T) {
	t.Parallel()
	for _, n := range nights() {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			want := n.undisturbed(t)
			var kinds []faults.Fault
			for _, f := range faults.All() {
				if !f.Kills() {
					kinds = append(kinds, f)
				}
			}
			dice := rand.New(rand.NewPCG(*seed, 3))
			points := make([]point, *draws/2)
			if *complete {
				points = make([]point, 200)
			}
			for i := range points {
				points[i] = point{1 + dice.IntN(len(want.steps)*9/10), kinds[dice.IntN(len(kinds))]}
			}
			survived := inLanes(t, points, func(t *testing.T, p point) error { return n.survive(t, want, p, 4) },
				func(p point) string { return fmt.Sprintf("step %d, fault %s, seed %d", p.k, p.fault.Name, *seed) })
			fmt.Printf("%s in parallel: survived %d of %d faults, seed %d\n", n.name, survived, len(points), *seed)
		})
	}
}

// TestSlowNetwork runs a night over a network with 3 ms latency each way and 1 MB/s.
func TestSlowNetwork(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	in, err := n.install(t)
	require.NoError(t, err)
	defer in.close()
	proxy, err := faults.Listen(in.url, faults.Options{Idle: in.look, Latency: 3 * time.Millisecond, Bandwidth: 1 << 20})
	require.NoError(t, err)
	defer proxy.Close()
	began := time.Now()
	ran := in.run(t.Context(), proxy, 1)
	require.NoError(t, ran.err)
	require.Greater(t, time.Since(began), time.Duration(len(want.steps))*6*time.Millisecond, "the network was slow")
	require.NoError(t, in.compare(t.Context(), want, ran, faults.Fault{}))
}

// TestEightRunsAtOnce starts eight processes: one works, seven exit with 3, nobody is
// paged. The network is slow, so that the one is at work while the others start.
func TestEightRunsAtOnce(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	in, err := n.install(t)
	require.NoError(t, err)
	defer in.close()
	proxy, err := faults.Listen(in.url, faults.Options{Latency: 10 * time.Millisecond})
	require.NoError(t, err)
	defer proxy.Close()
	var all []*process
	for range 8 {
		p, err := in.start(t, proxy, 1)
		require.NoError(t, err)
		all = append(all, p)
	}
	codes := map[int]int{}
	for _, p := range all {
		codes[p.wait().code]++
	}
	require.Equal(t, map[int]int{0: 1, 3: 7}, codes)
	require.NoError(t, in.compare(t.Context(), want, result{}, faults.Fault{}))
}

// TestReadersDoNotWaitForAPublication holds a published table while a full run
// publishes: other readers never wait longer than lock_timeout, beside what a reader
// waits without any of that.
func TestReadersDoNotWaitForAPublication(t *testing.T) {
	t.Parallel()
	const slack = time.Second // of a busy machine; a reader behind a queued lock would wait for all of hold
	const hold = 3 * time.Second
	n := nights()[1]
	want := n.undisturbed(t)
	in, err := n.install(t)
	require.NoError(t, err)
	defer in.close()
	baseline := in.worstWait(t, func() { time.Sleep(time.Second) })
	holder, err := pgx.Connect(t.Context(), in.url)
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), "BEGIN; SELECT count(*) FROM sessions.touches")
	require.NoError(t, err)
	var ran result
	began := time.Now()
	worst := in.worstWait(t, func() {
		var released sync.WaitGroup
		released.Go(func() {
			time.Sleep(hold)
			_ = holder.Close(context.Background())
		})
		ran = in.run(t.Context(), nil, 1)
		released.Wait()
	})
	require.NoError(t, ran.err)
	require.GreaterOrEqual(t, time.Since(began), hold, "the publication waited for the reader")
	require.Less(t, worst, baseline+config.New().Publish.LockTimeout+slack, "baseline %s", baseline)
	require.NoError(t, in.compare(t.Context(), want, ran, faults.Fault{}))
}

// worstWait reads all published tables again and again while f runs, and returns the
// longest a read took.
func (in *installed) worstWait(t *testing.T, f func()) (worst time.Duration) {
	conn, err := pgx.Connect(t.Context(), in.url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		select {
		case <-done:
			return worst
		default:
		}
		began := time.Now()
		var sum string
		require.NoError(t, conn.QueryRow(t.Context(), published).Scan(&sum))
		worst = max(worst, time.Since(began))
		time.Sleep(5 * time.Millisecond)
	}
}

// TestColumnsChange changes the source's tables between two nights and at steps of
// stage 1, as Segment does: what comes out is what the same rows give without.
func TestColumnsChange(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	begins, ends := want.stagesOf()[0], want.stagesOf()[1]-2
	changes := []struct{ name, sql string }{
		{"added", "ALTER TABLE website.pages ADD COLUMN context_locale text; ALTER TABLE website.tracks ADD COLUMN plan bigint"},
		{"dropped", "ALTER TABLE website.pages DROP COLUMN context_campaign_content; ALTER TABLE website.tracks DROP COLUMN context_campaign_term"},
		{"retyped", "ALTER TABLE website.pages ALTER COLUMN anonymous_id TYPE varchar(500); ALTER TABLE website.tracks ALTER COLUMN event_text TYPE varchar(500)"},
	}
	dice := rand.New(rand.NewPCG(*seed, 4))
	for _, change := range changes {
		at := []int{1, begins + dice.IntN(ends-begins)} // before the night; while stage 1 reads
		if *complete {
			for k := begins; k < ends; k++ {
				at = append(at, k)
			}
		}
		t.Run(change.name, func(t *testing.T) {
			t.Parallel()
			survived := inLanes(t, at, func(t *testing.T, k int) error { return n.changed(t, want, k, change.sql) },
				func(k int) string { return fmt.Sprintf("step %d, %s", k, want.steps[k-1]) })
			fmt.Printf("columns %s: survived %d of %d\n", change.name, survived, len(at))
		})
	}
}

// changed has the source's tables change at one step. The change waits for locks of the
// run, as Segment's would.
func (n night) changed(t *testing.T, want undisturbed, at int, sql string) error {
	in, err := n.install(t)
	if err != nil {
		return err
	}
	defer in.close()
	conn, err := pgx.Connect(t.Context(), in.url)
	if err != nil {
		return err
	}
	altered := make(chan error, 1)
	proxy, err := faults.Listen(in.url, faults.Options{At: at, Fault: faults.Meanwhile, Do: func() {
		go func() {
			_, err := conn.Exec(context.Background(), sql)
			altered <- errors.Join(err, conn.Close(context.Background()))
		}()
		time.Sleep(20 * time.Millisecond) // enough for it to be done, or in the queue
	}})
	if err != nil {
		return err
	}
	defer proxy.Close()
	ran := in.run(t.Context(), proxy, 1)
	if err := errors.Join(proxy.Close(), <-altered, ran.err); err != nil {
		return err
	}
	return in.compare(t.Context(), want, ran, faults.Meanwhile, "attribution_ops.source_columns") // which should differ
}

// TestDiskFull fills the disk the tables are on, for real where the test may mount one
// (as root on Linux, with -mount): the run waits, readers see the old state, and when there is
// room again the night ends as if nothing had been.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	n := nights()[0]
	want := n.undisturbed(t)
	if !*mount {
		for k, name := range want.steps {
			if strings.HasPrefix(name, "end of COPY") { // where space is used most
				full := slices.IndexFunc(faults.All(), func(f faults.Fault) bool { return f.Code == "53100" })
				require.NoError(t, n.survive(t, want, point{k + 1, faults.All()[full]}, 1), name)
				return
			}
		}
		t.Fatal("a night without COPY")
	}
	m := newMachine(t, n)
	small := filepath.Join(t.TempDir(), "small")
	require.NoError(t, os.Mkdir(small, 0o755))
	for dir := small; dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755)) // the server's account must pass
	}
	require.NoError(t, syscall.Mount("tmpfs", small, "tmpfs", 0, "size=64m"))
	defer func() { require.NoError(t, syscall.Unmount(small, syscall.MNT_DETACH)) }()
	info, err := os.Stat(m.server.DataDirectory())
	require.NoError(t, err)
	owner := info.Sys().(*syscall.Stat_t)
	require.NoError(t, os.Chown(small, int(owner.Uid), int(owner.Gid)))
	m.exec(t, "CREATE TABLESPACE small LOCATION '"+small+"'", "CREATE DATABASE tonight TEMPLATE prepared TABLESPACE small")
	in, err := n.open(t.Context(), m.url("tonight"))
	require.NoError(t, err)
	ballast := filepath.Join(small, "ballast")
	fill(t, ballast)
	var ran result
	done := make(chan struct{})
	go func() {
		defer close(done)
		ran = in.run(t.Context(), nil, 1)
	}()
	// The ledger may have no room for it either, so the log is asked; before the first
	// stage the run ends at once.
	require.Eventually(t, func() bool {
		select {
		case <-done:
			return ran.err != nil && strings.Contains(ran.err.Error(), "53100")
		default:
			return strings.Contains(in.log.String(), "53100")
		}
	}, patience, 10*time.Millisecond)
	in.look()
	require.Len(t, in.seen, 1, "readers see the old state")
	require.NoError(t, os.Remove(ballast))
	<-done
	require.NoError(t, in.compare(t.Context(), want, ran, faults.Fault{}))
	in.close()
	m.exec(t, "DROP DATABASE tonight", "DROP TABLESPACE small")
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	f, err := os.Create(path)
	require.NoError(t, err)
	block := make([]byte, 8<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
}
