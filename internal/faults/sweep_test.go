package faults_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/faults"
)

var (
	step     = flag.Int("k", 0, "the only step that a fault happens to; 0: all")
	only     = flag.String("fault", "", "the only faults, such as reply-lost,57P01; empty: all")
	kind     = flag.String("night", "", "the only kind of night: night, full or first; empty: all")
	seed     = flag.Uint64("seed", 1, "of what is drawn; 0: from the clock")
	complete = flag.Bool("all", false, "every fault at every step, not some that are drawn")
	draws    = flag.Int("draws", 3, "how many points of each kind of night are drawn, of each of processes and connections")
	mount    = flag.Bool("mount", false, "fill a disk for real: needs the right to mount one")
	kills    = flag.Int("kills", 3, "how many nights are killed at a random instant")
)

// A point is one fault at one step.
type point struct {
	k     int
	fault faults.Fault
}

// TestSweep does every fault to every step of a night, and holds what comes out after
// the run, or after the next one, to an undisturbed night. make faults does them all;
// by default some are drawn.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, n := range nights() {
		if *kind != "" && *kind != n.name {
			continue
		}
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			want := n.undisturbed(t)
			again := n.again(t)
			for k, name := range want.steps {
				require.Equal(t, name, slices.Concat(again.steps, []string{"(none)"})[min(k, len(again.steps))], "step %d must be the same every night", k+1)
			}
			require.Len(t, again.steps, len(want.steps))
			require.Equal(t, want.state, again.state)
			points := choose(len(want.steps))
			began := time.Now()
			survived := inLanes(t, points, func(t *testing.T, p point) error { return n.survive(t, want, p, 1) }, func(p point) string {
				return fmt.Sprintf("step %d, %s, fault %s\nto run this alone: make faults ARGS=\"-night %s -k %d -fault %s\"",
					p.k, want.steps[p.k-1], p.fault.Name, n.name, p.k, p.fault.Name)
			})
			fmt.Printf("%s: survived %d of %d faults, K = %d, seed %d, in %s\n", n.name, survived, len(points), len(want.steps), *seed, time.Since(began).Round(time.Second))
		})
	}
}

// choose are all points, or those drawn.
func choose(steps int) (points []point) {
	for _, f := range faults.All() {
		for k := range steps {
			if (*only == "" || slices.Contains(strings.Split(*only, ","), f.Name)) && (*step == 0 || *step == k+1) {
				points = append(points, point{k + 1, f})
			}
		}
	}
	if *complete || *step != 0 || *only != "" {
		return points
	}
	dice := rand.New(rand.NewPCG(*seed, 0))
	dice.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	drawn := map[bool]int{}
	return slices.DeleteFunc(points, func(p point) bool {
		drawn[p.fault.Kills()]++
		return drawn[p.fault.Kills()] > *draws
	})
}

// inLanes runs the points in several lanes, each point a test of its own, and returns
// how many survived.
func inLanes[P any](t *testing.T, points []P, survive func(*testing.T, P) error, describe func(P) string) int {
	var survived, next atomic.Int64
	var lanes sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		lanes.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(points) {
					return
				}
				t.Run(fmt.Sprintf("%d", i), func(t *testing.T) {
					if err := survive(t, points[i]); err != nil {
						t.Errorf("%s\n%v", describe(points[i]), err)
						return
					}
					survived.Add(1)
				})
			}
		})
	}
	lanes.Wait()
	return int(survived.Load())
}

// survive does one fault to a night, runs again, and says what differs from an
// undisturbed one.
func (n night) survive(t *testing.T, want undisturbed, p point, parallelism int) error {
	in, err := n.install(t)
	if err != nil {
		return err
	}
	defer in.close()
	o := faults.Options{At: p.k, Fault: p.fault, Idle: in.look}
	var child *process
	if p.fault.Kills() {
		o.Kill = func() { child.kill() }
	}
	proxy, err := faults.Listen(in.url, o)
	if err != nil {
		return err
	}
	defer proxy.Close()
	var ran result
	if p.fault.Kills() {
		if child, err = in.start(t, proxy, parallelism); err != nil {
			return err
		}
		ran = child.wait()
	} else {
		ran = in.run(t.Context(), proxy, parallelism)
	}
	if err := proxy.Close(); err != nil {
		return err
	}
	if proxy.Fired() == "" {
		return errors.Join(fmt.Errorf("the night ended before that step, after %d", len(proxy.Steps())), ran.err)
	}
	return in.compare(t.Context(), want, ran, p.fault)
}

// compare waits for the sessions of the run to end, runs again, and compares all tables
// but those named.
func (in *installed) compare(ctx context.Context, want undisturbed, ran result, f faults.Fault, but ...string) error {
	in.look()
	if err := in.sessionsEnd(ctx); err != nil {
		return err
	}
	if ran.stage != "" && !f.Final {
		return fmt.Errorf("stage %s was not tried again until it succeeded: %w", ran.stage, ran.err)
	}
	if err := in.pages.check(ran.stage, false); err != nil {
		return err
	}
	again := in.run(ctx, nil, 1)
	if again.err != nil {
		return errors.Join(fmt.Errorf("the next run: %w", again.err), ran.err)
	}
	in.look()
	if err := in.sessionsEnd(ctx); err != nil {
		return fmt.Errorf("after the next run: %w", err)
	}
	if err := in.pages.check(ran.stage, true); err != nil {
		return err
	}
	if err := in.checkSeen(want); err != nil {
		return err
	}
	if err := in.checkLedger(ctx, want, ran); err != nil {
		return err
	}
	got, err := in.state(ctx)
	if err != nil {
		return err
	}
	return in.difference(ctx, want, got, but)
}
