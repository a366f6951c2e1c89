package pipeline_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/testkit/world"
)

var (
	worlds = flag.Int("worlds", 30, "how many random worlds TestWorlds compares")
	seed   = flag.Uint64("seed", 1, "the first world's seed; 0: from the clock")
)

// TestWorlds holds the nightly path, the full path and the reference SQL to the same
// rows after every night of random small worlds, also with the arrivals shuffled
// over the nights.
func TestWorlds(t *testing.T) {
	const lanes = 4
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
		t.Logf("-seed=%d", *seed)
	}
	for lane := range lanes {
		t.Run(fmt.Sprintf("lane%d", lane), func(t *testing.T) {
			t.Parallel()
			for i := lane; i < *worlds; i += lanes {
				w := world.Random(*seed+uint64(i), world.Options{})
				if i%3 == 2 {
					w = w.Shuffled(w.Seed)
				}
				if err := compare(t, w); err != nil {
					small := world.Shrink(w, func(w world.World) bool { return compare(t, w) != nil })
					t.Fatalf("world %d:\n%v\nsmallest world that fails:\n%s\n%v", w.Seed, err, small, compare(t, small))
				}
			}
		})
	}
}

func configure(w world.World) func(*config.Config) {
	return func(c *config.Config) {
		s := w.Settings
		c.Sources = w.Schemas()
		c.SignupEvents, c.IgnoreEvents, c.Identity.Blocked = s.SignupEvents, s.IgnoreEvents, s.Blocked
		if s.ExcludeBots {
			c.Bots = "exclude"
		}
		c.SessionGap, c.Lookback, c.Extract.DedupWindow = s.Gap, s.Lookback, s.DedupWindow
		c.Identity.Policy, c.Identity.UseAliasCalls = s.Policy, s.UseAliasCalls
		c.Identity.MaxUsersPerAnonymousID, c.Identity.MaxComponentSize = s.MaxUsersPerAnonymousID, s.MaxComponentSize
		c.PersonTraits = s.Traits
		c.Models = config.Models{Lookback: s.Lookbacks, HalfLife: s.HalfLife, Markov: config.Markov{Order: s.MarkovOrder, Nulls: s.MarkovNulls}}
		if s.Purchases {
			c.Conversions = []config.Conversion{{Name: world.Purchase, Events: world.OrderEvents, Every: s.EachPurchase, Value: "revenue", Currency: "currency"}}
		}
	}
}

// compare runs the world night by night, and returns the first difference.
func compare(t *testing.T, w world.World) error {
	nightly, full := install(t, configure(w)), install(t, configure(w))
	defer nightly.Close()
	defer full.Close()
	for _, p := range []*pipeline.Pipeline{nightly, full} {
		if err := with(t.Context(), p, func(conn *pgx.Conn) error { return w.Create(t.Context(), conn) }); err != nil {
			return err
		}
	}
	for night := range w.Nights() {
		for _, p := range []*pipeline.Pipeline{nightly, full} {
			if err := with(t.Context(), p, func(conn *pgx.Conn) error { return w.Arrive(t.Context(), conn, night) }); err != nil {
				return err
			}
		}
		if _, err := nightly.Run(t.Context(), pipeline.Request{AsOf: w.NightAt(night), Choices: pipeline.Choices{AllowShrink: true}}); err != nil {
			return fmt.Errorf("night %d, nightly: %w", night, err)
		}
		if _, err := full.Run(t.Context(), pipeline.Request{AsOf: w.NightAt(night), Full: true, Choices: pipeline.Choices{AllowShrink: true}}); err != nil {
			return fmt.Errorf("night %d, full: %w", night, err)
		}
		err := with(t.Context(), nightly, func(conn *pgx.Conn) error {
			return check.Reference(t.Context(), conn, reference(w, nightly, night))
		})
		if err != nil {
			return fmt.Errorf("night %d: %w", night, err)
		}
		if err := agree(t.Context(), nightly, full, "session_stages.transitions", "sessions.channel_weights"); err != nil {
			return fmt.Errorf("night %d: %w", night, err)
		}
		if err := creditsAreWhole(t.Context(), nightly); err != nil {
			return fmt.Errorf("night %d: %w", night, err)
		}
		for _, table := range check.ReferenceTables() {
			want, err := dump(t.Context(), nightly, "reference", table)
			if err != nil {
				return err
			}
			for name, p := range map[string]*pipeline.Pipeline{"nightly": nightly, "full": full} {
				got, err := dump(t.Context(), p, "sessions", table)
				if err != nil {
					return err
				}
				if strings.Join(want, "\n") != strings.Join(got, "\n") {
					return fmt.Errorf("night %d: %s of %s differs from the reference:\n%s", night, table, name, world.Diff(want, got))
				}
			}
		}
	}
	return nil
}

// agree compares tables that the reference does not have.
func agree(ctx context.Context, nightly, full *pipeline.Pipeline, tables ...string) error {
	for _, name := range tables {
		schema, table, _ := strings.Cut(name, ".")
		want, err := dump(ctx, full, schema, table)
		if err != nil {
			return err
		}
		got, err := dump(ctx, nightly, schema, table)
		if err != nil {
			return err
		}
		if strings.Join(want, "\n") != strings.Join(got, "\n") {
			return fmt.Errorf("%s of nightly differs from full:\n%s", name, world.Diff(want, got))
		}
	}
	return nil
}

// creditsAreWhole: of every conversion and model the credits sum to 1, and the ten
// models share every conversion out.
func creditsAreWhole(ctx context.Context, p *pipeline.Pipeline) error {
	var whole, want int64
	err := p.DB().Pool.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM (SELECT FROM sessions.credits GROUP BY alias_id, is_identified, conversion, number, model
			HAVING abs(sum(credit) - 1) < 1e-9 AND min(credit) > 0) AS c),
		(SELECT 10 * count(*) FROM sessions.conversions)`).Scan(&whole, &want)
	if err == nil && whole != want {
		err = fmt.Errorf("%d of %d shared conversions are whole", whole, want)
	}
	return err
}

func reference(w world.World, p *pipeline.Pipeline, night int) check.ReferenceOptions {
	s := w.Settings
	return check.ReferenceOptions{
		Sources: w.Schemas(), Schema: "reference", SignupEvents: s.SignupEvents, IgnoreEvents: s.IgnoreEvents, ExcludeBots: s.ExcludeBots, Blocked: s.Blocked,
		Gap: s.Gap, Lookback: s.Lookback, DedupWindow: s.DedupWindow, Policy: s.Policy,
		MaxUsersPerAnonymousID: s.MaxUsersPerAnonymousID, MaxComponentSize: s.MaxComponentSize, UseAliasCalls: s.UseAliasCalls,
		Conversions: p.Settings().Conversions, Traits: s.Traits, Models: p.Settings().Models, Rules: p.Settings().Rules, AsOf: w.NightAt(night),
	}
}

func with(ctx context.Context, p *pipeline.Pipeline, fn func(*pgx.Conn) error) error {
	conn, err := p.DB().Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return fn(conn.Conn())
}

func dump(ctx context.Context, p *pipeline.Pipeline, schema, table string) (rows []string, err error) {
	return rows, errors.Join(with(ctx, p, func(conn *pgx.Conn) error {
		rows, err = world.Dump(ctx, conn, schema, table)
		return err
	}))
}
