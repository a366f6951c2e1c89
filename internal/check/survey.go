package check

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/csvfile"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/rules"
)

// A Survey is what people said of where they heard of us beside the first touch that is
// known of them. Every line of the file is in one of Lines' parts.
type Survey struct {
	Lines        int `json:"lines"`         // of the file, without its header
	Compared     int `json:"compared"`      // in Answers
	Empty        int `json:"empty"`         // without an answer
	Repeated     int `json:"repeated"`      // of a user_id with an answer further down, which counts
	UnknownUsers int `json:"unknown_users"` // of a user_id that no event has, or none
	NotSignedUp  int `json:"not_signed_up"` // known, without a signup

	Trackable int      `json:"trackable"` // compared, with an answer that a channel could show
	Agreeing  int      `json:"agreeing"`  // of these whose first touch is of such a channel
	Share     *float64 `json:"share"`     // Agreeing / Trackable; null without any

	Answers []SurveyRow `json:"answers"` // the most given first
	// Unrecognised are the texts that no answer is known for, the most frequent first.
	Unrecognised []SurveyCount `json:"unrecognised"`
}

// Kinds of answers.
const (
	TrackableAnswer    = "trackable"    // a channel could show it
	UntrackableAnswer  = "untrackable"  // none can
	UnrecognisedAnswer = "unrecognised" // no answer is known for the text
)

// A SurveyRow is one answer and the channels of the first touches of who gave it.
type SurveyRow struct {
	Answer   string        `json:"answer"`
	Kind     string        `json:"kind"`
	Agree    []string      `json:"agreeing_channels"` // those it would agree with
	People   int           `json:"people"`
	Agreeing int           `json:"agreeing"`
	Share    *float64      `json:"share"` // Agreeing / People; null where no channel can show it
	Channels []SurveyCount `json:"channels"`
}

// A SurveyCount is how often there was something.
type SurveyCount struct {
	Name   string `json:"name"` // a channel, "" for a signup without any touch; or a text
	People int    `json:"people"`
}

// A SurveyAnswers knows what texts of answers mean.
type SurveyAnswers []surveyAnswer

type surveyAnswer struct {
	rules.SurveyAnswer
	match *regexp.Regexp
}

// NewSurveyAnswers compiles the shipped answers under those of own, the content of a file
// of that name. Errors name the entry.
func NewSurveyAnswers(name string, own []byte) (SurveyAnswers, error) {
	all, err := rules.SurveyAnswers(name, own)
	if err != nil {
		return nil, err
	}
	answers := make(SurveyAnswers, len(all))
	for i, a := range all {
		if a.Answer == "" || a.Match == "" {
			return nil, fmt.Errorf("%s: survey_answers[%d]: answer and match are both required: name the answer and what texts mean it", name, i)
		}
		re, err := regexp.Compile("(?i:" + a.Match + ")")
		if err != nil {
			return nil, fmt.Errorf("%s: survey_answers[%d] (%s): %q is no regular expression: %w: correct it (RE2 syntax)", name, i, a.Answer, a.Match, err)
		}
		answers[i] = surveyAnswer{a, re}
	}
	return answers, nil
}

// row is an empty row of the answer that the text means.
func (a SurveyAnswers) row(text string) SurveyRow {
	i := slices.IndexFunc(a, func(s surveyAnswer) bool { return s.match.MatchString(text) })
	switch {
	case i < 0:
		return SurveyRow{Answer: "(not recognised)", Kind: UnrecognisedAnswer}
	case len(a[i].Channels) == 0:
		return SurveyRow{Answer: a[i].Answer, Kind: UntrackableAnswer}
	default:
		return SurveyRow{Answer: a[i].Answer, Kind: TrackableAnswer, Agree: a[i].Channels}
	}
}

// surveyBatch is how many persons are asked for at once.
const surveyBatch = 10_000

// ReadSurvey compares a CSV file with the columns user_id and answer, of that name for
// errors, with the first touches of who answered.
func ReadSurvey(ctx context.Context, db *pg.DB, s stages.Settings, answers SurveyAnswers, name string, file io.Reader) (Survey, error) {
	var survey Survey
	texts := map[string]string{}
	err := csvfile.Read(name, file, csvfile.Columns{Names: []string{"user_id", "answer"}}, func(values []string) error {
		survey.Lines++
		id, text := s.Blocked.Clean(values[0]), event.Trim(values[1])
		switch {
		case text == "":
			survey.Empty++
			return nil
		case id == "" || strings.ContainsRune(id, 0) || !utf8.ValidString(id):
			survey.UnknownUsers++
			return nil
		}
		if _, again := texts[id]; again {
			survey.Repeated++
		}
		texts[id] = text
		return nil
	})
	if err != nil {
		return survey, err
	}
	count := surveyCount{survey: &survey, answers: answers, rows: map[string]*SurveyRow{}, channels: map[string]map[string]int{}, texts: map[string]int{}}
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(texts)), surveyBatch) {
		type touch struct {
			IsKnown, IsSignedUp bool
			Channel             string
		}
		touches, err := pg.Collect(ctx, db, db.Pool, "09_check/130_survey_touches.sql", pg.Data{}, pg.Args{"user_ids": batch}, pgx.RowToStructByPos[touch])
		if err != nil {
			return survey, err
		}
		for i, t := range touches {
			switch {
			case !t.IsKnown:
				survey.UnknownUsers++
			case !t.IsSignedUp:
				survey.NotSignedUp++
			default:
				count.add(texts[batch[i]], t.Channel)
			}
		}
	}
	count.end()
	return survey, nil
}

// surveyCount counts answers by channel.
type surveyCount struct {
	survey   *Survey
	answers  SurveyAnswers
	rows     map[string]*SurveyRow
	channels map[string]map[string]int // by answer
	texts    map[string]int            // that mean nothing known
}

func (c *surveyCount) add(text, channel string) {
	row := c.answers.row(text)
	if c.rows[row.Answer] == nil {
		c.rows[row.Answer] = &row
		c.channels[row.Answer] = map[string]int{}
	}
	known := c.rows[row.Answer]
	known.People++
	c.channels[row.Answer][channel]++
	c.survey.Compared++
	switch row.Kind {
	case UnrecognisedAnswer:
		c.texts[strings.ToLower(text)]++
	case TrackableAnswer:
		c.survey.Trackable++
		if slices.Contains(row.Agree, channel) {
			known.Agreeing++
			c.survey.Agreeing++
		}
	}
}

func (c *surveyCount) end() {
	for _, answer := range slices.Sorted(maps.Keys(c.rows)) {
		row := c.rows[answer]
		row.Channels = counted(c.channels[answer])
		if row.Kind == TrackableAnswer {
			row.Share = share(row.Agreeing, row.People)
		}
		c.survey.Answers = append(c.survey.Answers, *row)
	}
	slices.SortStableFunc(c.survey.Answers, func(a, b SurveyRow) int { return b.People - a.People })
	c.survey.Unrecognised = counted(c.texts)
	c.survey.Share = share(c.survey.Agreeing, c.survey.Trackable)
}

// counted lists counts, the greatest first.
func counted(counts map[string]int) []SurveyCount {
	list := make([]SurveyCount, 0, len(counts))
	for name, n := range counts {
		list = append(list, SurveyCount{name, n})
	}
	slices.SortFunc(list, func(a, b SurveyCount) int {
		return cmp.Or(b.People-a.People, strings.Compare(a.Name, b.Name))
	})
	return list
}

func share(part, of int) *float64 {
	if of == 0 {
		return nil
	}
	s := float64(part) / float64(of)
	return &s
}
