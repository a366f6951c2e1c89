// Package simulated gives tests a database with the results of a simulated company's
// traffic, money included.
package simulated

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/simulate"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
)

//go:embed money.sql
var money string

// Database is the URL of one of the test's own, in which every table of sessions has
// rows. The world is simulated and run once a server.
func Database(t testing.TB) string {
	t.Helper()
	return testkit.Template(t, fmt.Sprintf("simulated %s %x", migrated.Version(t), sha256.Sum256([]byte(money))), prepare)
}

func prepare(ctx context.Context, url string) error {
	if err := migrated.Migrate(ctx, url); err != nil {
		return err
	}
	const days = 260
	world, err := simulate.New(simulate.Options{Events: 4_000, Days: days, Seed: 1})
	if err != nil {
		return err
	}
	c := config.New()
	c.DatabaseURL, c.Sources = url, simulate.DefaultSources()
	c.Conversions = []config.Conversion{{Name: "report", Events: []string{"Report Created"}, Every: true}}
	c.Money.Spend.Table, c.Money.Revenue.Table = "finance.ad_spend", "finance.payments"
	p, err := pipeline.Open(ctx, c, pipeline.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		return err
	}
	defer p.Close()
	conn, err := p.DB().Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	night := func(from, to int) error {
		if err := world.WriteTables(ctx, conn.Conn(), from, to, nil); err != nil {
			return err
		}
		return run(ctx, p, pipeline.Request{AsOf: world.Day(to), Choices: pipeline.Choices{AllowShrink: true}})
	}
	if err := night(0, days-1); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, money); err != nil {
		return fmt.Errorf("money.sql: %w", err)
	}
	return night(days-1, days)
}

// run waits for the lock of the run before, which the server may take a moment to let go.
func run(ctx context.Context, p *pipeline.Pipeline, r pipeline.Request) error {
	for {
		_, err := p.Run(ctx, r)
		if !errors.Is(err, pipeline.ErrLocked) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
