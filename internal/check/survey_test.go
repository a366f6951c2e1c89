package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/internal/testkit/migrated"
	"github.com/attribution-dev/attribution/rules"
	"github.com/attribution-dev/attribution/sql"
)

// surveyed asks what the texts mean, of persons who all came first by the channel.
func surveyed(t *testing.T, answers check.SurveyAnswers, channel string, texts ...string) check.Survey {
	t.Helper()
	pool, err := pg.Connect(t.Context(), migrated.Database(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	templates, err := pg.ParseTemplates(sql.FS, pg.Names{Segment: "segment", Stages: "session_stages", Sessions: "sessions", Aliases: "aliases", Ops: "attribution_ops"})
	require.NoError(t, err)
	var file strings.Builder
	file.WriteString("user_id,answer\n")
	for i, text := range texts {
		fmt.Fprintf(&file, "%d,\"%s\"\n", i+1, strings.ReplaceAll(text, `"`, `""`))
	}
	_, err = pool.Exec(t.Context(), `INSERT INTO aliases.user_ids SELECT n::text, 'root of ' || n FROM generate_series(1, $1::int) AS n`, len(texts))
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `INSERT INTO sessions.attribution (alias_id, is_identified, session_count_before_signup, signup_timestamp, first_touch_channel)
		SELECT 'root of ' || n, true, 1, now(), $2 FROM generate_series(1, $1::int) AS n`, len(texts), channel)
	require.NoError(t, err)
	survey, err := check.ReadSurvey(t.Context(), &pg.DB{Pool: pool, Templates: templates}, stages.Settings{Blocked: event.NewBlocklist(rules.Blocked())}, answers, "answers.csv", strings.NewReader(file.String()))
	require.NoError(t, err)
	require.Equal(t, len(texts), survey.Lines)
	require.Equal(t, survey.Lines, survey.Compared+survey.Empty+survey.Repeated+survey.UnknownUsers+survey.NotSignedUp, "every line is somewhere")
	return survey
}

// TestSurveyAnswers: what people write is taken for what they mean.
func TestSurveyAnswers(t *testing.T) {
	t.Parallel()
	answers, err := check.NewSurveyAnswers("", nil)
	require.NoError(t, err)
	meant := map[string][]string{
		"Search engine":               {"Google", "i googled it", "Search Engine (Google, Bing)", "DuckDuckGo", "web search"},
		"Friend or colleague":         {"Friend", "a colleague told me", "Word of mouth", "word-of-mouth", "e-mail from a friend", "my co-worker"},
		"Social media":                {"Instagram", "TikTok", "saw an ad on Facebook", "LinkedIn post", "x.com", "Twitter/X"},
		"Podcast or audio":            {"a podcast", "Spotify"},
		"Video":                       {"YouTube"},
		"AI assistant":                {"ChatGPT", "chat gpt", "asked Claude", "AI"},
		"Newsletter or e-mail":        {"newsletter", "Email"},
		"Event":                       {"at a conference", "Web Summit event"},
		"TV, radio, print or outdoor": {"TV", "radio", "Billboard in the subway"},
		"Advertisement":               {"an ad", "Online advertising"},
		"Article or other site":       {"a blog post", "the news", "review site"},
		"(not recognised)":            {"dunno", "other", "research", "adventure", "mad"},
	}
	var texts []string
	for _, list := range meant {
		texts = append(texts, list...)
	}
	survey := surveyed(t, answers, "Organic Search", texts...)
	found := map[string]int{}
	for _, row := range survey.Answers {
		found[row.Answer] = row.People
	}
	for answer, list := range meant {
		require.Equal(t, len(list), found[answer], answer)
	}
	require.Len(t, found, len(meant))
	require.Len(t, survey.Unrecognised, 5)
	require.Equal(t, 5+3, survey.Agreeing, "search engines, and articles that were searched for")
}

// TestSurveyChannelsThereAre: an answer agrees with channels of the shipped rules only.
func TestSurveyChannelsThereAre(t *testing.T) {
	t.Parallel()
	var shipped struct {
		rules.Header `yaml:",inline"`
		Channels     []struct {
			Channel string `yaml:"channel"`
			When    []any  `yaml:"when"`
		} `yaml:"channels"`
	}
	require.NoError(t, rules.Read("channels.yaml", &shipped))
	known := map[string]bool{channel.DirectChannel: true, channel.UnassignedChannel: true}
	for _, c := range shipped.Channels {
		known[c.Channel] = true
	}
	answers, err := rules.SurveyAnswers("", nil)
	require.NoError(t, err)
	require.NotEmpty(t, answers)
	for _, a := range answers {
		for _, c := range a.Channels {
			require.True(t, known[c], "%s: %s", a.Answer, c)
		}
	}
}

func TestSurveyAnswersOfOnesOwn(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"survey_answers: [{answer: X}]":                   "own.yaml: survey_answers[0]: answer and match are both required",
		"survey_answers: [{answer: X, match: '('}]":       "own.yaml: survey_answers[0] (X)",
		"survey_answers: [{answer: X, chanels: [Email]}]": `own.yaml: line 1: unknown key "chanels"`,
	} {
		_, err := check.NewSurveyAnswers("own.yaml", []byte(text))
		require.ErrorContains(t, err, says)
	}
	answers, err := check.NewSurveyAnswers("own.yaml", []byte("replace: true\nsurvey_answers: [{answer: X, match: '^x$', channels: [Email]}]"))
	require.NoError(t, err)
	hostile := []string{"x", "'; DROP TABLE aliases.user_ids; --", "\x1b[31mred", "$1 @user_ids {{.}}"}
	survey := surveyed(t, answers, "Email", hostile...)
	require.Equal(t, 1, survey.Agreeing)
	require.Len(t, survey.Unrecognised, 3)
	require.Equal(t, 1.0, *survey.Share)
}
