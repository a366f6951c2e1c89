package channel_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
)

// kinds of touches that touches.yaml has at least two of each.
var kinds = []string{
	"AI assistants", "affiliates", "apps", "click ids", "direct", "mail", "misspelt", "other", "paid search", "paid social", "payment and login",
	"referral", "search", "self", "shopping", "social", "video",
}

func TestWhatVisitsCountAsAndWhy(t *testing.T) {
	var file struct {
		Cases []struct {
			Kind, Link, From, Want, Rule, Referrer, Misspelt string
			Paid                                             bool
		}
	}
	read(t, "touches.yaml", &file)
	r := newRules(t, channel.Options{OwnDomains: []string{"example-shop.com", "com.example.app"}})
	counted, seen := map[string]int{}, map[[2]string]bool{}
	for _, c := range file.Cases {
		require.False(t, seen[[2]string{c.Link, c.From}], "twice: %+v", c)
		seen[[2]string{c.Link, c.From}] = true
		counted[c.Kind]++
		t.Run(c.Kind+" "+c.Link+" from "+c.From, func(t *testing.T) {
			page := "https://shop.example/" + c.Link
			x := r.Explain(channel.Campaign{}, page, c.From)
			assert.Equal(t, c.Want, strings.Join([]string{orDash(x.Source), orDash(x.Medium), x.Channel}, " / "))
			assert.Equal(t, c.Paid, x.IsPaid)
			assert.Equal(t, c.Paid, x.Paid != "", "what makes it paid: %q", x.Paid)
			rule := ""
			if c.Rule != "" {
				key, when, _ := strings.Cut(c.Rule, ".")
				rule = "rules/channels.yaml: " + key + " (" + x.Channel + "): " + when
				assert.NotEmpty(t, x.Condition)
			}
			assert.Equal(t, rule, x.Rule)
			switch {
			case c.Referrer != "":
				assert.True(t, strings.HasPrefix(string(x.Referrer), c.Referrer), x.Referrer)
			case c.From == "":
				assert.Equal(t, channel.ReferrerAbsent, x.Referrer)
			default:
				assert.Equal(t, channel.ReferrerExternal, x.Referrer)
			}
			if c.Misspelt == "" {
				assert.Empty(t, x.Misspelt)
			} else if assert.Len(t, x.Misspelt, 1) {
				assert.Equal(t, c.Misspelt, x.Misspelt[0][0])
			}
			assert.Equal(t, asTheStages(r, page, c.From), x.Evidence)
		})
	}
	assert.GreaterOrEqual(t, len(file.Cases), 120)
	for _, kind := range kinds {
		assert.GreaterOrEqual(t, counted[kind], 2, kind)
	}
}

// asTheStages is the evidence of a session of one event, as stages 2 and 5 find it.
func asTheStages(r *channel.Rules, page, referrer string) channel.Evidence {
	if tags := r.Tags(channel.Campaign{}, page); tags.IsTagged() {
		return r.Classify(tags, page, referrer)
	}
	if e, external := r.Referral(page, referrer); external {
		return e
	}
	return r.Direct()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func TestWhereEachFieldCameFrom(t *testing.T) {
	r := newRules(t, channel.Options{})
	x := r.Explain(channel.Campaign{Source: "(none)", Name: "Spring"}, "https://shop.example/?UTM_Source=News&utm_term=shoes&utm_campaign=x&gclid=1", "")
	assert.Equal(t, channel.Origins{Source: "utm_source", Medium: "gclid", Campaign: "context_campaign_name", Term: "utm_term"}, x.From)
	assert.Equal(t, "rules/click_ids.yaml: click_ids[0] (gclid)", x.Paid)

	x = r.Explain(channel.Campaign{Medium: "cpc"}, "", "")
	assert.Equal(t, channel.Origins{Medium: "context_campaign_medium"}, x.From)
	assert.Equal(t, "rules/paid_media.yaml: paid_media[0]: ^(.*cp[acmv]|ppc|paid.*|retargeting|display|banner|affiliate)$", x.Paid)
	assert.Empty(t, x.Site)

	x = r.Explain(channel.Campaign{}, "https://shop.example/", "https://go.mail.ru/search?q=x")
	assert.Equal(t, channel.Origins{}, x.From)
	assert.Regexp(t, `^mailru, search: rules/third_party/hosts.yaml: hosts\[\d+\] \(mailru\)$`, x.Site)
}

func TestARuleOfOnesOwnIsNamedByItsFile(t *testing.T) {
	r := withRules(t, "channels: [{channel: Landed, when: [{medium: '^x$'}, {landing_page: '/promo', referrer: 'partner'}]}]")
	x := r.Explain(channel.Campaign{}, "https://shop.example/promo", "https://partner.org/")
	assert.Equal(t, "my.yaml: channels[0] (Landed): when[1]", x.Rule)
	assert.Equal(t, "landing_page: /promo, referrer: partner", x.Condition)
	x = r.Explain(channel.Campaign{Source: "partner"}, "https://shop.example/promo", "https://partner.org/")
	assert.Equal(t, "Landed", x.Channel)
	assert.Equal(t, "my.yaml: channels[0] (Landed): when[1]", x.Rule)
}

func TestShippedHostsGoBeforeThoseOfPublicLists(t *testing.T) {
	r := newRules(t, channel.Options{})
	for url, want := range map[string]string{
		"https://go.mail.ru/":      "mailru / organic / Organic Search",      // listed alone
		"https://e.mail.ru/":       "mail.ru / referral / Email",             // ours, the same company
		"https://www.youtube.com/": "youtube.com / referral / Organic Video", // both; listed as social
		"https://search.gmx.com/":  "gmx / organic / Organic Search",         // both; listed as google
		"https://tieba.baidu.com/": "baidu.com / referral / Referral",        // listed as search, and left out
		"https://www.cnn.com/":     "cnn.com / referral / Referral",          // listed as search, by a keyword alone
		"https://github.com/x/y":   "github.com / referral / Organic Social", // listed alone
		"https://mixi.jp/":         "mixi.jp / referral / Organic Social",    // listed alone
		"https://ai.baidu.com/":    "baidu.com / referral / AI Assistant",    // listed alone
		"https://x.com/i/grok":     "x.com / referral / Organic Social",      // listed by a path, and left out
		"https://a.search.ask.com": "ask / organic / Organic Search",         // ours covers it
		"https://suche.freenet.de": "freenet / organic / Organic Search",     // listed alone
		"https://www.freenet.de":   "freenet.de / referral / Referral",       // its portal is no search
	} {
		e, ok := r.Referral("https://shop.example/", url)
		assert.True(t, ok)
		assert.Equal(t, want, e.Source+" / "+e.Medium+" / "+e.Channel, url)
	}
	assert.Equal(t, "Unassigned", r.Classify(channel.Tags{Source: "free"}, "", "").Channel, "a listed name is a word like any other")
	assert.Equal(t, "Organic Search", r.Classify(channel.Tags{Source: "search.free.fr"}, "", "").Channel)

	e, _ := withRules(t, "hosts: [{name: github, category: email, hosts: [github.com]}]").Referral("", "https://github.com/")
	assert.Equal(t, "Email", e.Channel)
	e, _ = withRules(t, "replace: [hosts]").Referral("", "https://github.com/")
	assert.Equal(t, "Referral", e.Channel)
}
