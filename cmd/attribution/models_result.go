package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/attribution-dev/attribution/internal/model"
)

// A modelsResult is the JSON result of models.
type modelsResult struct {
	Order        int            `json:"order"`
	Nulls        bool           `json:"nulls"`
	Paths        int64          `json:"paths"`
	Conversions  int64          `json:"conversions"`
	NullPaths    int64          `json:"null_paths"`
	Models       []string       `json:"models"`
	Channels     []modelChannel `json:"channels"`
	Unattributed modelCredits   `json:"unattributed"`
}

// A modelChannel is what one channel earned.
type modelChannel struct {
	Channel       string       `json:"channel"`
	Credits       modelCredits `json:"credits"`
	RemovalEffect *float64     `json:"removal_effect,omitempty"`
}

// modelCredits are conversions by the name of the model.
type modelCredits map[string]float64

// printModels prints what the models make of a table.
func (g *globals) printModels(r *model.Result, o *modelsOptions, models []model.Model) error {
	if g.output == "csv" {
		all := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
		header, rows := modelsGrid(r, models, func(x float64) string { return all(nine(x)) }, all)
		return csv.NewWriter(g.out).WriteAll(append([][]string{header}, rows...))
	}
	if g.json() {
		return g.printJSON(modelsResultOf(r, o, models))
	}
	two := func(x float64) string { return decimals(x, 2) }
	header, rows := modelsGrid(r, models, two, func(x float64) string { return decimals(x, 4) })
	columns := []column{{title: header[0], width: 40}}
	for _, name := range header[1:] {
		columns = append(columns, column{title: name, right: true})
	}
	totals := []string{"total"}
	for _, m := range models {
		sum := r.Unattributed[m]
		for i := range r.Channels {
			sum += r.Channels[i].Credits[m]
		}
		totals = append(totals, two(sum))
	}
	how := "."
	if slices.Contains(models, model.Markov) {
		totals = append(totals, "")
		how = fmt.Sprintf("; Markov of order %d, %s those who did not convert.", o.Order, map[bool]string{true: "with", false: "without"}[o.Nulls])
	}
	g.printTable(columns, append(rows, totals))
	g.title("%s: %s, %s%s", plural(r.Rows, "path"), plural(r.Conversions, "conversion"), plural(r.Nulls, "null"), how)
	return nil
}

// modelsGrid is the result as rows: one a channel, and one of what no channel got, where
// there is any.
func modelsGrid(r *model.Result, models []model.Model, credit, effect func(float64) string) (header []string, rows [][]string) {
	header = []string{"channel"}
	for _, m := range models {
		header = append(header, m.String())
	}
	if slices.Contains(models, model.Markov) {
		header = append(header, "removal_effect")
	}
	add := func(name string, credits *model.Credits, last string) {
		row := []string{name}
		for _, m := range models {
			row = append(row, credit(credits[m]))
		}
		rows = append(rows, append(row, last)[:len(header)])
	}
	for i := range r.Channels {
		add(r.Channels[i].Channel, &r.Channels[i].Credits, effect(r.Channels[i].RemovalEffect))
	}
	if slices.ContainsFunc(models, func(m model.Model) bool { return r.Unattributed[m] > 0 }) {
		add(model.Unattributed, &r.Unattributed, "")
	}
	return header, rows
}

// modelsResultOf is the result as JSON gives it.
func modelsResultOf(r *model.Result, o *modelsOptions, models []model.Model) *modelsResult {
	named := func(credits *model.Credits) modelCredits {
		byName := modelCredits{}
		for _, m := range models {
			byName[m.String()] = nine(credits[m])
		}
		return byName
	}
	result := &modelsResult{
		Order: o.Order, Nulls: o.Nulls, Paths: r.Rows, Conversions: r.Conversions, NullPaths: r.Nulls,
		Models: []string{}, Channels: []modelChannel{}, Unattributed: named(&r.Unattributed),
	}
	for _, m := range models {
		result.Models = append(result.Models, m.String())
	}
	for i := range r.Channels {
		c := modelChannel{Channel: r.Channels[i].Channel, Credits: named(&r.Channels[i].Credits)}
		if slices.Contains(models, model.Markov) {
			c.RemovalEffect = &r.Channels[i].RemovalEffect
		}
		result.Channels = append(result.Channels, c)
	}
	return result
}

// nine rounds to as many decimals: what is behind them depends on the machine.
func nine(x float64) float64 { return math.Round(x*1e9) / 1e9 }

// decimals writes a number with separators and so many decimals: 1,234.50.
func decimals(x float64, n int) string {
	whole, rest, _ := strings.Cut(strconv.FormatFloat(x, 'f', n, 64), ".")
	digits, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return whole + "." + rest // of more digits than are counted
	}
	return count(digits) + "." + rest
}
