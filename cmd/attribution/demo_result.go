package main

import (
	"context"
	_ "embed" // the demo's queries
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/attribution-dev/attribution/internal/pg"
)

//go:embed demo/excerpt.sql
var demoExcerptSQL string

//go:embed demo/channels.sql
var demoChannelsSQL string

//go:embed demo/truth.sql
var demoTruthSQL string

// An excerptRow is a row of sessions.attribution, in part.
type excerptRow struct {
	AliasID      string
	IsIdentified bool
	SignedUpAt   time.Time
	Sessions     int
	Days         *int // from the first touch to the signup

	FirstSource, FirstMedium, FirstCampaign *string
	PaidSource, PaidMedium, PaidCampaign    *string
}

// showResult prints what was published, and compares it with the truth.
func (d *demo) showResult(ctx context.Context) error {
	pool, err := d.connect(ctx, d.config)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := d.showExcerpt(ctx, pool); err != nil {
		return err
	}
	if err := d.showChannels(ctx, pool); err != nil {
		return err
	}
	return d.showTruth(ctx, pool)
}

func (d *demo) showExcerpt(ctx context.Context, pool *pgxpool.Pool) error {
	rows, err := pool.Query(ctx, demoExcerptSQL)
	if err != nil {
		return err
	}
	persons, err := pgx.CollectRows(rows, pgx.RowToStructByPos[excerptRow])
	if err != nil {
		return err
	}
	d.title("4. The result: a few rows and columns of sessions.attribution (days: first touch to signup)")
	var lines [][]string
	for i := range persons {
		p := &persons[i]
		if i == 0 {
			d.person = "anon:" + p.AliasID
			if p.IsIdentified {
				d.person = "user:" + p.AliasID
			}
		}
		days := "-"
		if p.Days != nil {
			days = count(*p.Days)
		}
		lines = append(lines, []string{
			p.AliasID, p.SignedUpAt.UTC().Format(time.DateOnly), count(p.Sessions),
			touchText(p.FirstSource, p.FirstMedium, p.FirstCampaign), days, touchText(p.PaidSource, p.PaidMedium, p.PaidCampaign),
		})
	}
	d.printTable([]column{
		{title: "alias_id", width: 18},
		{title: "signed up"},
		{title: "sessions", right: true},
		{title: "first touch", width: 28},
		{title: "days", right: true},
		{title: "first paid touch", width: 22},
	}, lines)
	return nil
}

// touchText is "google / cpc, spring sale".
func touchText(source, medium, campaign *string) string {
	if source == nil {
		return "-"
	}
	s := *source + " / " + or(medium)
	if campaign != nil {
		s += ", " + *campaign
	}
	return s
}

func (d *demo) showChannels(ctx context.Context, pool *pgxpool.Pool) error {
	type channelRow struct {
		Channel       string
		Signups, Paid int64
		Sessions      int
	}
	rows, err := pool.Query(ctx, demoChannelsSQL)
	if err != nil {
		return err
	}
	channels, err := pgx.CollectRows(rows, pgx.RowToStructByPos[channelRow])
	if err != nil {
		return err
	}
	d.title("5. Where signups came from, by the channel of their first touch")
	var lines [][]string
	for _, c := range channels {
		lines = append(lines, []string{c.Channel, count(c.Signups), count(c.Paid), count(c.Sessions)})
	}
	d.printTable([]column{{title: "channel"}, {title: "signups", right: true}, {title: "with a paid touch", right: true}, {title: "median sessions before", right: true}}, lines)
	return nil
}

func (d *demo) showTruth(ctx context.Context, pool *pgxpool.Pool) error {
	var known, right, unknown int64
	var why string
	err := pool.QueryRow(ctx, demoTruthSQL, pg.Args{"as_of": d.world.Day(d.day + 1).Add(nightHour)}).Scan(&known, &right, &unknown, &why)
	if err != nil {
		return err
	}
	d.title("6. Compared with the truth, which the made-up world knows")
	fmt.Fprintf(d.out, "  %s of %s right: signup, sessions before it, and first touch.\n", count(right), plural(known, "signed-up person"))
	if unknown > 0 {
		fmt.Fprintln(d.out, wrap(fmt.Sprintf("%s more are none that events can show as they were: %s.", count(unknown), why), "  ", "  "))
	}
	return nil
}

// goOn prints the commands to type next.
func (d *demo) goOn(o *demoOptions) {
	d.title("Go on")
	dir := "demo"
	lines := [][]string{{"attribution demo --keep --dir demo", "the same, to look around in"}}
	if o.keep {
		dir = o.dir
		lines = [][]string{{"attribution status --embedded " + dir, "what is fresh, what waits"}}
	}
	lines = append(lines,
		[]string{"attribution report --embedded " + dir + " --output html --file report.html", "where they came from, as a page"},
		[]string{"attribution explain --embedded " + dir + " " + d.person, "why the first row above is as it is"},
		[]string{"attribution plan --embedded " + dir + " --full", "the statements behind it all"})
	d.printTable([]column{{}, {}}, lines)
}
