package pipeline_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

var fewerWorlds = flag.Int("fewer-worlds", 12, "how many random worlds the tests of forgetting and of deletions compare, each")

// TestForgettingInWorlds forgets persons between the nights of random small worlds: the
// nightly path, the full path and the reference must agree afterwards, every event
// must be accounted for, and who is who must be what the sources, less those rows, give.
func TestForgettingInWorlds(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(ctx context.Context, w world.World, night int, p *pipeline.Pipeline) (pipeline.Request, error) {
		dice := rand.New(rand.NewPCG(w.Seed, uint64(night)))
		for range dice.IntN(3) {
			row := w.Rows[dice.IntN(len(w.Rows))]
			who := pipeline.ForgetRequest{Unseen: true}
			for _, c := range []struct{ kind, column string }{{"user:", "user_id"}, {"anon:", "anonymous_id"}} {
				if id := row.Values[c.column]; id != "" && (who.Person == "" || dice.IntN(2) == 0) {
					who.Person = c.kind + id
				}
			}
			if _, err := p.Forget(ctx, who); err != nil && !errors.Is(err, pipeline.ErrUsage) {
				return pipeline.Request{}, err
			}
		}
		return pipeline.Request{}, nil
	})
}

// TestDeletionsInWorlds deletes rows at the sources between the nights: with Reconcile
// everything must be as if they had never been there.
func TestDeletionsInWorlds(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(ctx context.Context, w world.World, night int, p *pipeline.Pipeline) (pipeline.Request, error) {
		err := with(ctx, p, func(conn *pgx.Conn) error {
			for _, s := range w.Sources {
				for _, table := range s.Tables {
					name := pgx.Identifier{s.Schema, table.Kind.Table()}.Sanitize()
					_, err := conn.Exec(ctx, `
						DELETE FROM `+name+` WHERE ctid IN (
							SELECT ctid
							FROM (SELECT ctid, t::text AS content, row_number() OVER (PARTITION BY t::text) AS n FROM `+name+` AS t) AS r
							WHERE hashtextextended(content || n, $1) % 5 = 0
						)`, int64(w.Seed)+int64(night))
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		return pipeline.Request{Reconcile: true, AllowShrink: true}, err
	})
}

// inWorlds runs random worlds night by night, the nightly and the full way, with
// something done between the nights, and once more after the last; it fails with the
// first difference.
func inWorlds(t *testing.T, between func(ctx context.Context, w world.World, night int, p *pipeline.Pipeline) (pipeline.Request, error)) {
	const lanes = 2
	for lane := range lanes {
		t.Run(fmt.Sprintf("lane%d", lane), func(t *testing.T) {
			t.Parallel()
			for i := lane; i < *fewerWorlds; i += lanes {
				w := world.Random(*seed+uint64(i), world.Options{})
				if i%3 == 2 {
					w = w.Shuffled(w.Seed)
				}
				if err := compareBetween(t, w, between); err != nil {
					small := world.Shrink(w, func(w world.World) bool { return compareBetween(t, w, between) != nil })
					t.Fatalf("world %d:\n%v\nsmallest world that fails:\n%s\n%v", w.Seed, err, small, compareBetween(t, small, between))
				}
			}
		})
	}
}

func compareBetween(t *testing.T, w world.World, between func(context.Context, world.World, int, *pipeline.Pipeline) (pipeline.Request, error)) error {
	ctx := t.Context()
	paths := map[string]*pipeline.Pipeline{"nightly": install(t, configure(w)), "full": install(t, configure(w))}
	for _, p := range paths {
		defer p.Close()
		if err := with(ctx, p, func(conn *pgx.Conn) error { return w.Create(ctx, conn) }); err != nil {
			return err
		}
	}
	for night := range w.Nights() + 1 {
		at := w.NightAt(min(night, w.Nights()-1))
		for name, p := range paths {
			failed := func(err error) error { return fmt.Errorf("night %d, %s: %w", night, name, err) }
			request, err := between(ctx, w, night, p)
			if err != nil {
				return failed(err)
			}
			if err := with(ctx, p, func(conn *pgx.Conn) error { return w.Arrive(ctx, conn, night) }); err != nil {
				return failed(err)
			}
			request.AsOf, request.Full = at, name == "full"
			if _, err := p.Run(ctx, request); err != nil {
				return failed(err)
			}
			report, err := check.Verify(ctx, p.DB(), p.Settings(), check.VerifyOptions{})
			if err == nil && !report.Ok() {
				var text strings.Builder
				err = errors.Join(report.Text(&text), errors.New(text.String()))
			}
			if err != nil {
				return failed(err)
			}
		}
		for _, table := range check.ReferenceTables() {
			want, err := dump(ctx, paths["full"], "sessions", table)
			if err != nil {
				return err
			}
			got, err := dump(ctx, paths["nightly"], "sessions", table)
			if err != nil {
				return err
			}
			if d := world.Diff(want, got); d != "" {
				return fmt.Errorf("night %d: nightly %s differs from full:\n%s", night, table, d)
			}
		}
	}
	return nil
}

func TestForgetNeedsTheLock(t *testing.T) {
	t.Parallel()
	p := install(t, nil)
	conn, err := p.DB().Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('attribution attribution_ops', 0))")
	require.NoError(t, err)
	_, err = p.Forget(t.Context(), pipeline.ForgetRequest{Person: "user:u1", Unseen: true})
	require.ErrorIs(t, err, pipeline.ErrLocked)
}
