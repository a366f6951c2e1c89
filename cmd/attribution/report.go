package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/pipeline"
	reports "github.com/attribution-dev/attribution/internal/report" // report is what reports an error
	"github.com/attribution-dev/attribution/sql"
)

// reportOptions are the flags of report.
type reportOptions struct {
	from, to, conversion, model, file string
}

const reportLong = `Reports where the conversions of a period came from: headline numbers, channels over
time, first touch against last, all models side by side, campaigns with what they cost,
landing pages and blog posts, how long it took, who came back, and how good the data are.

A conversion counts by its UTC day, from --from until before --to. Without them the
period ends with the newest event and begins a year before its month. The role needs
SELECT on the published schema alone; what it may not read is said in its place.

--output html is one page with everything in it, to be sent around or printed; csv has
every number on a line of its own; json is documented in docs/reports.md.`

// newReportCmd makes "attribution report".
func newReportCmd(g *globals) *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Report where the conversions of a period came from",
		Long:  reportLong,
		Example: `  attribution report
  attribution report --output html --file report.html
  attribution report --from 2026-01-01 --to 2026-04-01 --model linear --output csv > quarter.csv`,
		Args:              noArguments,
		PersistentPreRunE: func(*cobra.Command, []string) error { return g.check("table", "json", "csv", "html") },
		RunE:              func(cmd *cobra.Command, _ []string) error { return g.report(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "first `day`, such as 2026-01-01")
	flags.StringVar(&o.to, "to", "", "the `day` after the last")
	flags.StringVar(&o.conversion, "conversion", "signup", "the conversion, by its `name`")
	flags.StringVar(&o.model, "model", "first_touch", "the attribution `model`: "+strings.Join(reports.Models(), ", "))
	flags.StringVar(&g.output, "output", "table", "the result on stdout: table, json, csv or html")
	flags.StringVar(&o.file, "file", "", "write the result into this `path`, whole or not at all")
	return cmd
}

func (g *globals) report(ctx context.Context, o *reportOptions) error {
	options, err := o.options(g.now())
	if err != nil {
		return err
	}
	c, stop, err := g.configure(ctx)
	if err != nil {
		return err
	}
	defer stop()
	options.Currency, options.Rates = c.Money.Currency, c.Money.Rates
	names := pipeline.Names(c)
	templates, err := pg.ParseTemplates(sql.FS, names)
	if err != nil {
		return misconfigured(err)
	}
	// Not the pipeline's way in: it reads the version of the schema, which analysts may not.
	pool, err := g.connect(ctx, c)
	if err != nil {
		return err
	}
	defer pool.Close()
	r, err := reports.Read(ctx, &pg.DB{Pool: pool, Names: names, Templates: templates}, options)
	var usage *reports.UsageError
	if errors.As(err, &usage) {
		return usagef("%w", err)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if o.file == "" {
		return g.writeReport(r)
	}
	var whole bytes.Buffer
	out := g.out
	g.out = &whole
	err = g.writeReport(r)
	g.out = out
	if err != nil {
		return err
	}
	return writeWhole(o.file, &whole)
}

// options checks the flags.
func (o *reportOptions) options(now time.Time) (reports.Options, error) {
	r := reports.Options{Conversion: o.conversion, Model: o.model, Now: now}
	if !slices.Contains(reports.Models(), o.model) {
		return r, usagef("--model %q: want one of %s%s", o.model, strings.Join(reports.Models(), ", "), didYouMean(o.model, reports.Models()))
	}
	for _, day := range []struct {
		flag, text string
		to         *time.Time
	}{{"from", o.from, &r.From}, {"to", o.to, &r.Until}} {
		if day.text == "" {
			continue
		}
		var err error
		if *day.to, err = time.Parse(time.DateOnly, day.text); err != nil {
			return r, usagef("--%s %q: want a day such as 2026-01-31", day.flag, day.text)
		}
	}
	return r, nil
}

// writeReport writes the report as --output says.
func (g *globals) writeReport(r *reports.Report) error {
	switch g.output {
	case "json":
		return g.printJSON(r)
	case "csv":
		return r.CSV(g.out)
	case "html":
		return r.HTML(g.out)
	}
	fmt.Fprintf(g.out, "%s to before %s (UTC), conversion %s, model %s\n", r.From, r.Until, r.Conversion, r.Model)
	for _, s := range r.Sections {
		g.title("%s", s.Title)
		fmt.Fprintln(g.out, wrap(s.Lead, "  ", "  "))
		for _, t := range s.Tables {
			g.printReportTable(t, len(s.Tables) > 1)
		}
		for _, sentence := range s.Counted {
			fmt.Fprintln(g.out, wrap(sentence, "  · ", "    "))
		}
	}
	return nil
}

// printReportTable prints one table of the report.
func (g *globals) printReportTable(t reports.Table, captioned bool) {
	fmt.Fprintln(g.out)
	if captioned {
		fmt.Fprintln(g.out, "  "+t.Caption)
	}
	if len(t.Rows) == 0 {
		fmt.Fprintln(g.out, "  "+t.Empty)
		return
	}
	grid := t.Grid()
	var columns []column
	for _, c := range grid.Columns {
		columns = append(columns, column{title: c.Title, right: !c.Left})
	}
	rows := grid.Rows
	if grid.Total != nil {
		rows = append(rows, grid.Total)
	}
	g.printTable(columns, rows)
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, from io.Reader) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("--file: %w", err)
	}
	_, err = io.Copy(file, from)
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("--file %s: %w", path, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
