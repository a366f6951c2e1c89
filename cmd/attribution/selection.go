package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/stages"
)

// A selection is what run and plan are asked to do.
type selection struct {
	stage, from, to string
	full            bool
	persons, months []string
	asOf            string
}

// flags adds the selection's flags to a command.
func (s *selection) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.stage, "stage", "", "only this stage, by `name` or number")
	f.StringVar(&s.from, "from-stage", "", "from this stage on, by `name` or number")
	f.StringVar(&s.to, "to-stage", "", "up to and with this stage, by `name` or number")
	f.BoolVar(&s.full, "full", false, "redo everything these stages own, not only what waits")
	f.StringArrayVar(&s.persons, "person", nil, "redo this `person` as well: a user_id or anonymous_id, or user:ID, anon:ID; may be repeated")
	f.StringArrayVar(&s.months, "month", nil, "redo what was received in this `month` as well, YYYY-MM; may be repeated")
	f.StringVar(&s.asOf, "as-of", "", "the run's clock: take in only rows loaded until this `time`, such as 2026-01-31T04:00:00Z")
}

// text is the flags as typed, for a command that does the same again: without the
// clock, which has moved on, and without the persons, who are nobody's business.
func (s *selection) text() (flags string) {
	for _, f := range [][2]string{{"stage", s.stage}, {"from-stage", s.from}, {"to-stage", s.to}} {
		if f[1] != "" {
			flags += " --" + f[0] + " " + f[1]
		}
	}
	if s.full {
		flags += " --full"
	}
	for _, m := range s.months {
		flags += " --month " + m
	}
	if len(s.persons) > 0 {
		flags += " --person ..."
	}
	return flags
}

// request checks the flags and makes the request of them.
func (s *selection) request() (pipeline.Request, error) {
	r := pipeline.Request{Full: s.full, Persons: s.persons}
	var err error
	if r.Stages, err = s.stages(); err != nil {
		return r, err
	}
	if s.full && len(s.persons)+len(s.months) > 0 {
		return r, usagef("--full redoes everybody and every month: leave out --person and --month, or --full")
	}
	for _, p := range s.persons {
		if strings.TrimPrefix(strings.TrimPrefix(p, "user:"), "anon:") == "" {
			return r, usagef("--person %q: want a user_id or anonymous_id, or user:ID, anon:ID", p)
		}
	}
	for _, text := range s.months {
		m, err := month.Parse(text)
		if err != nil {
			return r, usagef("--%w", err)
		}
		r.Months = append(r.Months, m)
	}
	if s.asOf != "" {
		r.AsOf, err = parseTime("as-of", s.asOf)
	}
	return r, err
}

// stages are the stages selected; nil means all.
func (s *selection) stages() ([]stages.Stage, error) {
	if s.stage != "" && s.from+s.to != "" {
		return nil, usagef("--stage is one stage alone: leave it out, or --from-stage and --to-stage")
	}
	if s.stage != "" {
		one, err := findStage("stage", s.stage)
		return []stages.Stage{one}, err
	}
	if s.from+s.to == "" {
		return nil, nil
	}
	all := stages.All()
	first, last := all[0], all[len(all)-1]
	var err error
	if s.from != "" {
		if first, err = findStage("from-stage", s.from); err != nil {
			return nil, err
		}
	}
	if s.to != "" {
		if last, err = findStage("to-stage", s.to); err != nil {
			return nil, err
		}
	}
	if first.Number > last.Number {
		return nil, usagef("--from-stage %s (%d) comes after --to-stage %s (%d)", first.Name, first.Number, last.Name, last.Number)
	}
	return all[first.Number-1 : last.Number], nil
}

// findStage is the stage of a name or number.
func findStage(flag, text string) (stages.Stage, error) {
	var names []string
	for _, s := range stages.All() {
		if strings.EqualFold(text, s.Name) || text == strconv.Itoa(s.Number) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	if meant := closest(strings.ToLower(text), names); meant != "" {
		return stages.Stage{}, usagef("--%s: unknown stage %q: did you mean %s?", flag, text, meant)
	}
	return stages.Stage{}, usagef("--%s: unknown stage %q: the stages are %s", flag, text, stageList())
}

// stageList names the stages with their numbers.
func stageList() string {
	var list []string
	for _, s := range stages.All() {
		list = append(list, strconv.Itoa(s.Number)+" "+s.Name)
	}
	return strings.Join(list, ", ")
}

// parseTime reads a time or a day, in UTC where no offset is given.
func parseTime(flag, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--%s %q: want a time such as 2026-01-31T04:00:00Z, or a day such as 2026-01-31 (its beginning, in UTC)", flag, text)
}
