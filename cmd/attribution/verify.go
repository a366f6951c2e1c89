package main

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/check"
)

// errDiffers ends a verify that found a difference.
var errDiffers = errors.New("the published tables are not what the sources give: see above")

// fewEvents is how many events verify compares in full unless told otherwise: the
// reference SQL takes about half a minute for them.
const fewEvents = 1_000_000

// verifyOptions are the flags of verify.
type verifyOptions struct {
	sample string
	all    bool
}

const verifyLong = `Computes the published tables anew, by plain SQL over nothing but the raw source tables,
and compares them row by row; and counts anew where every event went. It changes
nothing. Exits with 1 when anything differs.

Without a flag it compares every person where there are up to a million events, and
1% of the persons, taken by hash, where there are more.`

// newVerifyCmd makes "attribution verify".
func newVerifyCmd(g *globals) *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove the published tables against the raw events",
		Long:  verifyLong,
		Example: `  attribution verify
  attribution verify --sample 0.1%
  attribution verify --all --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.verify(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.sample, "sample", "", "compare about this `share` of the persons, such as 1%")
	cmd.Flags().BoolVar(&o.all, "all", false, "compare every person")
	return cmd
}

func (g *globals) verify(ctx context.Context, o *verifyOptions) error {
	oneIn, err := o.oneIn()
	if err != nil {
		return err
	}
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	if oneIn == 0 {
		s, err := p.Status(ctx)
		if err != nil {
			return err
		}
		oneIn = 1
		if s.Totals.TakenIn > fewEvents {
			oneIn = 100
		}
	}
	report, err := check.Verify(ctx, p.DB(), p.Settings(), check.VerifyOptions{SampleOneIn: oneIn, Progress: g.progress})
	if err != nil {
		return err
	}
	if g.json() {
		err = g.printJSON(report)
	} else {
		err = report.Text(g.out)
	}
	if err == nil && !report.Ok() {
		err = errDiffers
	}
	return err
}

// oneIn is the sample asked for, as one person in so many; 0: none was.
func (o *verifyOptions) oneIn() (int, error) {
	switch {
	case o.all && o.sample != "":
		return 0, usagef("--all and --sample are two answers to one question: give one of them")
	case o.all:
		return 1, nil
	case o.sample == "":
		return 0, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(o.sample, "%"), 64)
	if err != nil || !strings.HasSuffix(o.sample, "%") || !(percent >= 0.0001 && percent <= 100) {
		return 0, usagef("--sample %q: want a share from 0.0001%% to 100%%, such as 1%%", o.sample)
	}
	return int(math.Round(100 / percent)), nil
}
