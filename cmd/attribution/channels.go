package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// newChannelsCmd makes "attribution channels".
func newChannelsCmd(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "channels",
		Short:   "Try the rules on a link",
		Example: `  attribution channels test 'https://shop.example/?utm_source=news&utm_medium=email'`,
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newChannelsTestCmd(g))
	return cmd
}

const channelsTestLong = `Says what a visit that begins on URL counts as: source, medium, campaign, channel, paid or
not, where each was read from, and which rule decided. The rules are those of the stages,
with the settings' rules_file, own_domains and internal_domains. No database is needed.`

// newChannelsTestCmd makes "attribution channels test".
func newChannelsTestCmd(g *globals) *cobra.Command {
	var referrer, userAgent string
	cmd := &cobra.Command{
		Use:   "test URL",
		Short: "Tell what a link counts as, and which rule says so",
		Long:  channelsTestLong,
		Example: `  attribution channels test 'https://shop.example/?utm_source=news&utm_medium=email'
  attribution channels test https://shop.example/ --referrer https://www.google.com/`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usagef("channels test takes one URL, in quotes: such as 'https://shop.example/?utm_source=news'")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return g.testChannel(args[0], referrer, userAgent) },
	}
	cmd.Flags().StringVar(&referrer, "referrer", "", "the `URL` the visit came from")
	cmd.Flags().StringVar(&userAgent, "user-agent", "", "the browser's or crawler's `name` for itself")
	return cmd
}

func (g *globals) testChannel(page, referrer, userAgent string) error {
	if !channel.IsPage(page) {
		return usagef("%q is no page: write the whole URL, such as https://shop.example/?utm_source=news", page)
	}
	settings, err := g.settings()
	if err != nil {
		return err
	}
	rules, err := pipeline.Rules(settings)
	if err != nil {
		return err
	}
	x := rules.Explain(channel.Campaign{}, page, referrer)
	t := testedLink{
		Source: testedField{x.Source, x.From.Source}, Medium: testedField{x.Medium, x.From.Medium}, Campaign: testedField{x.Campaign, x.From.Campaign},
		Term: testedField{x.Term, x.From.Term}, Content: testedField{x.Content, x.From.Content},
		Channel: x.Channel, Rule: x.Rule, Condition: x.Condition, Site: x.Site, IsPaid: x.IsPaid, PaidBy: x.Paid,
		Referrer: string(x.Referrer), Crawler: rules.ExplainCrawler(userAgent), Misspelt: []string{},
	}
	for _, m := range x.Misspelt {
		t.Misspelt = append(t.Misspelt, fmt.Sprintf("%s is not read; %s may be meant", m[0], m[1]))
	}
	if g.json() {
		return g.printJSON(t)
	}
	g.printTable(make([]column, 3), t.rows(userAgent))
	return nil
}

// A testedField is a field of the evidence and what it was read from, "" where that is
// the referrer, or there is none.
type testedField struct {
	Value string `json:"value"`
	From  string `json:"from"`
}

// A testedLink is what a link counts as, and why. Texts are "" where there is nothing
// to say.
type testedLink struct {
	Source    testedField `json:"source"`
	Medium    testedField `json:"medium"`
	Campaign  testedField `json:"campaign"`
	Term      testedField `json:"term"`
	Content   testedField `json:"content"`
	Channel   string      `json:"channel"`
	Rule      string      `json:"rule"`
	Condition string      `json:"condition"`
	Site      string      `json:"site"`
	IsPaid    bool        `json:"is_paid"`
	PaidBy    string      `json:"paid_by"`
	Referrer  string      `json:"referrer"`
	Crawler   string      `json:"crawler"`
	Misspelt  []string    `json:"misspelt"`
}

// rows are the link as a table, without what it does not have.
func (t *testedLink) rows(userAgent string) (rows [][]string) {
	for _, f := range []struct {
		name string
		testedField
	}{{"source", t.Source}, {"medium", t.Medium}, {"campaign", t.Campaign}, {"term", t.Term}, {"content", t.Content}} {
		if f.Value != "" {
			rows = append(rows, []string{f.name, f.Value, f.From})
		}
	}
	because := t.Rule
	if because == "" && t.Channel == channel.UnassignedChannel {
		because = "no rule fits"
	}
	paid := map[bool]string{true: "yes", false: "no"}
	rows = append(rows, []string{"channel", t.Channel, because})
	for _, more := range []string{t.Condition, t.Site} {
		if more != "" {
			rows = append(rows, []string{"", "", more})
		}
	}
	rows = append(rows, []string{"paid", paid[t.IsPaid], t.PaidBy}, []string{"referrer", t.Referrer, ""})
	if userAgent != "" {
		rows = append(rows, []string{"crawler", paid[t.Crawler != ""], t.Crawler})
	}
	for _, m := range t.Misspelt {
		rows = append(rows, []string{"misspelt", m, ""})
	}
	return rows
}
