package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/check"
)

const surveyLong = `Compares what people answered to "where did you hear of us" with the first touch known of them.

FILE is a CSV file with the columns user_id and answer, found by their names in the first
line; other columns are ignored. "-" is standard input. Answers are recognised by
rules/survey_answers.yaml, and before it by a file of yours of the same form (--answers).
Nothing is written.`

// newSurveyCmd makes "attribution survey".
func newSurveyCmd(g *globals) *cobra.Command {
	var answers string
	cmd := &cobra.Command{
		Use:   "survey FILE",
		Short: "Compare what people say of where they heard of you with their first touch",
		Long:  surveyLong,
		Example: `  attribution survey answers.csv
  attribution survey answers.csv --answers our_answers.yaml --output json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usagef("survey takes one FILE: CSV with the columns user_id and answer, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.survey(cmd.Context(), args[0], answers) },
	}
	cmd.Flags().StringVar(&answers, "answers", "", "answers of your own, asked before the shipped ones: a YAML `file` as rules/survey_answers.yaml")
	return cmd
}

func (g *globals) survey(ctx context.Context, path, answersPath string) error {
	var own []byte
	if answersPath != "" {
		var err error
		if own, err = os.ReadFile(answersPath); err != nil {
			return usagef("--answers: %w", err)
		}
	}
	answers, err := check.NewSurveyAnswers(answersPath, own)
	if err != nil {
		return usagef("--answers: %w", err)
	}
	file := g.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usagef("survey: %w", err)
		}
		defer f.Close()
		file = f
	}
	p, closeAll, err := g.reader(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	survey, err := check.ReadSurvey(ctx, p.DB(), p.Settings(), answers, path, file)
	if err != nil {
		return err
	}
	if g.json() {
		return g.printJSON(survey)
	}
	g.printSurvey(survey)
	return nil
}

// surveyTexts is how many texts nobody recognised are shown.
const surveyTexts = 10

func (g *globals) printSurvey(s check.Survey) {
	rows := make([][]string, len(s.Answers))
	for i, a := range s.Answers {
		agree := a.Kind
		if a.Share != nil {
			agree = percentOf(*a.Share)
		}
		channels := make([]string, len(a.Channels))
		for k, c := range a.Channels {
			name := c.Name
			if name == "" {
				name = "no touch"
			}
			channels[k] = name + " " + count(c.People)
		}
		rows[i] = []string{a.Answer, count(a.People), agree, strings.Join(channels, ", ")}
	}
	g.printTable([]column{{title: "answer"}, {title: "people", right: true}, {title: "agrees", right: true}, {title: "channel of their first touch"}}, rows)
	if s.Share != nil {
		fmt.Fprintf(g.out, "\n%s agree, of %s whose answer a channel could show.\n", percentOf(*s.Share), count(s.Trackable))
	}
	fmt.Fprintf(g.out, "\n%s of %s compared. Left out: %s without an answer, %s answered again further down, %s of unknown users, %s of users not signed up.\n",
		count(s.Compared), plural(s.Lines, "line"), count(s.Empty), count(s.Repeated), count(s.UnknownUsers), count(s.NotSignedUp))
	if len(s.Unrecognised) == 0 {
		return
	}
	g.title("Not recognised, the most frequent; --answers teaches what they mean:")
	texts := make([][]string, 0, surveyTexts)
	for _, t := range s.Unrecognised[:min(len(s.Unrecognised), surveyTexts)] {
		texts = append(texts, []string{t.Name, count(t.People)})
	}
	g.printTable([]column{{width: 60}, {right: true}}, texts)
}

// percentOf writes a share.
func percentOf(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
