package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/model"
)

// modelsOptions are the flags of models.
type modelsOptions struct {
	model.Options
	paths, separator string
	models           []string
}

const modelsLong = `Shares the conversions of a table of paths out among its channels, by every model: the
fixed rules, Shapley and Markov. It needs no database.

FILE is CSV, or - for standard input. Its first line names the columns: path (channels
by time, as in "search > email"), conversions, and if known nulls (how many took the
path and did not convert) and ages (of the touches, in half-lives: "3 2 1").

first_paid and last_paid need --paid, time_decay needs the column ages; where these are
absent the models are left out.`

// newModelsCmd makes "attribution models".
func newModelsCmd(g *globals) *cobra.Command {
	o := &modelsOptions{}
	cmd := &cobra.Command{
		Use:   "models --paths FILE",
		Short: "Share out the conversions of a table of paths, by every model",
		Long:  modelsLong,
		Example: `  attribution models --paths paths.csv
  attribution models --paths paths.csv --order 2 --model markov,shapley,linear --output csv
  attribution models --paths - --paid "Paid Search" --paid "Paid Social" <paths.csv`,
		Args:              noArguments,
		PersistentPreRunE: func(*cobra.Command, []string) error { return g.check("table", "json", "csv") },
		RunE:              func(cmd *cobra.Command, _ []string) error { return g.models(o, cmd.Flags().Changed("direct")) },
	}
	f := cmd.Flags()
	f.StringVar(&o.paths, "paths", "", "the table of paths: a CSV `file`, or - for standard input")
	f.IntVar(&o.Order, "order", 1, fmt.Sprintf("of the Markov model: how many channels back it looks, 1 to %d", model.MaxOrder))
	f.BoolVar(&o.Nulls, "nulls", true, "the Markov model learns from those who did not convert, where the table has the column")
	f.StringVar(&o.separator, "separator", ">", "what stands between the channels of a path")
	f.StringSliceVar(&o.models, "model", nil, "only these models, by `name` (default: all that the table allows)")
	f.StringVar(&o.Direct, "direct", "direct", "the `channel` that is direct, for last_non_direct; upper or lower case")
	f.StringArrayVar(&o.Paid, "paid", nil, "a `channel` that is paid, for first_paid and last_paid; may be given several times; upper or lower case")
	f.StringVar(&g.output, "output", "table", "the result on stdout: table, json or csv")
	return cmd
}

func (g *globals) models(o *modelsOptions, directGiven bool) error {
	switch {
	case o.paths == "":
		return usagef("models needs --paths: a CSV file with the columns path and conversions, or - for standard input")
	case o.Order < 1 || o.Order > model.MaxOrder:
		return usagef("--order %d: want 1 to %d", o.Order, model.MaxOrder)
	case o.separator == "":
		return usagef("--separator is empty: want what stands between channels, such as --separator \">\"")
	}
	models, err := parseModels(o.models)
	if err != nil {
		return err
	}
	in, file := g.in, "standard input"
	if o.paths != "-" {
		opened, err := os.Open(o.paths)
		if err != nil {
			return usagef("--paths: %w", err)
		}
		defer opened.Close()
		in, file = opened, o.paths
	}
	table, err := model.NewReader(in, file, o.separator)
	if err != nil {
		return err
	}
	if models, err = o.allowed(models, table.HasAges); err != nil {
		return err
	}
	o.Nulls = o.Nulls && table.HasNulls
	options := o.Options
	if !slices.Contains(models, model.Markov) {
		options.Order = 0
	}
	paths := model.NewPaths(options)
	if err := table.AddTo(paths); err != nil {
		return err
	}
	result, err := paths.Result()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	named := o.Paid
	if directGiven {
		named = append(named, o.Direct)
	}
	if err := findChannels(&result, named); err != nil {
		return err
	}
	return g.printModels(&result, o, models)
}

// parseModels are the models of the flag, in order; none: nil.
func parseModels(names []string) (models []model.Model, err error) {
	for _, name := range names {
		m, err := model.Parse(strings.TrimSpace(name))
		if err != nil {
			var all []string
			for _, m := range model.All() {
				all = append(all, m.String())
			}
			if meant := closest(strings.ToLower(name), all); meant != "" {
				return nil, usagef("--model: unknown model %q: did you mean %s?", name, meant)
			}
			return nil, usagef("--model: %w", err)
		}
		models = append(models, m)
	}
	slices.Sort(models)
	return slices.Compact(models), nil
}

// allowed are the models asked for, or all, less those that need what is not known.
func (o *modelsOptions) allowed(models []model.Model, hasAges bool) (allowed []model.Model, err error) {
	asked := models != nil
	if !asked {
		models = model.All()
	}
	for _, m := range models {
		needs := ""
		switch {
		case (m == model.FirstPaid || m == model.LastPaid) && len(o.Paid) == 0:
			needs = "to know the channels that are paid: name them with --paid"
		case m == model.TimeDecay && !hasAges:
			needs = "the ages of touches: add the column ages"
		}
		switch {
		case needs == "":
			allowed = append(allowed, m)
		case asked:
			return nil, usagef("--model %s needs %s", m, needs)
		}
	}
	return allowed, nil
}

// findChannels refuses channels named by flags that are in no path.
func findChannels(result *model.Result, named []string) error {
	var all []string
	for _, c := range result.Channels {
		all = append(all, c.Channel)
	}
	for _, name := range named {
		if !slices.ContainsFunc(all, func(c string) bool { return strings.EqualFold(c, name) }) {
			return usagef("no path has the channel %q%s", name, didYouMean(name, all))
		}
	}
	return nil
}
