package channel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
)

// withRules compiles the shipped rules with a user's file over them.
func withRules(t *testing.T, file string) *channel.Rules {
	t.Helper()
	return newRules(t, channel.Options{RulesFile: []byte(file), RulesFileName: "my.yaml"})
}

func TestRulesFileLaysOverTheShippedRules(t *testing.T) {
	t.Run("its channel rules come first", func(t *testing.T) {
		r := withRules(t, `
channels:
  - channel: Brand
    when: [{category: search, campaign: '^brand'}]
  - channel: Brand Other
    when: [{campaign: '^brand'}]`)
		assert.Equal(t, "Brand", r.Classify(channel.Tags{Source: "google", Medium: "cpc", Campaign: "Brand DE"}, "", "").Channel)
		assert.Equal(t, "Brand Other", r.Classify(channel.Tags{Source: "x", Medium: "cpc", Campaign: "Brand DE"}, "", "").Channel)
		assert.Equal(t, "Paid Search", r.Classify(channel.Tags{Source: "google", Medium: "cpc"}, "", "").Channel)
	})
	t.Run("a rule may ask for landing page, referrer, click id, source and paid", func(t *testing.T) {
		r := withRules(t, `
channels:
  - {channel: Landed, when: [{landing_page: '/promo', referrer: 'partner\.org'}]}
  - {channel: Ads Click, when: [{click_id: '^g(clid|braid)$'}]}
  - {channel: Free Friend, when: [{source: '^friend$', paid: false}]}`)
		assert.Equal(t, "Landed", r.Classify(channel.Tags{Source: "other"}, "https://e.com/PROMO", "https://partner.org/").Channel)
		assert.Equal(t, "Unassigned", r.Classify(channel.Tags{Source: "other"}, "https://e.com/promo", "").Channel)
		assert.Equal(t, "Ads Click", r.Classify(channel.Tags{ClickID: "gbraid"}, "", "").Channel)
		assert.Equal(t, "Free Friend", r.Classify(channel.Tags{Source: "friend"}, "", "").Channel)
		assert.Equal(t, "Paid Other", r.Classify(channel.Tags{Source: "friend", Medium: "cpc"}, "", "").Channel)
		e, ok := r.Referral("https://e.com/promo", "https://partner.org/")
		assert.True(t, ok)
		assert.Equal(t, "Landed", e.Channel)
		assert.Equal(t, "Direct", r.Direct().Channel)
	})
	t.Run("its paid media are added", func(t *testing.T) {
		e := withRules(t, `paid_media: ['^sponsored$']`).Classify(channel.Tags{Source: "facebook", Medium: "sponsored"}, "", "")
		assert.True(t, e.IsPaid)
		assert.Equal(t, "Paid Social", e.Channel)
	})
	t.Run("a shipped click id is changed where it stands, a new one comes first", func(t *testing.T) {
		r := withRules(t, `
click_ids:
  - {name: fbclid, source: meta, medium: social, paid: true}
  - {name: Partner_Click, source: Partners, medium: Affiliate}`)
		got := r.Tags(channel.Campaign{}, "https://e.com/?fbclid=1&gclid=2")
		assert.Equal(t, "gclid", got.ClickID)
		got = r.Tags(channel.Campaign{}, "https://e.com/?fbclid=1")
		assert.Equal(t, channel.Tags{Source: "meta", Medium: "social", ClickID: "fbclid"}, got)
		assert.True(t, r.Classify(got, "", "").IsPaid)
		got = r.Tags(channel.Campaign{}, "https://e.com/?gclid=2&PARTNER_CLICK=1")
		assert.Equal(t, channel.Tags{Source: "partners", Medium: "affiliate", ClickID: "partner_click"}, got)
	})
	t.Run("its hosts are added, and take a shipped host's place", func(t *testing.T) {
		r := withRules(t, `
hosts:
  - {name: intranet, category: search, hosts: [find.partner.org], apps: [org.partner.find]}
  - {name: docs, category: social, hosts: [docs.google.com, google.com]}
  - {name: ya, category: email, hosts: [ya.ru]}
  - {name: ebay, category: social}`)
		for referrer, want := range map[string]string{
			"https://find.partner.org/":      "intranet organic Organic Search",
			"https://x.find.partner.org/":    "intranet organic Organic Search",
			"android-app://org.partner.find": "intranet organic Organic Search",
			"https://partner.org/":           "partner.org referral Referral",
			"https://docs.google.com/":       "google.com referral Organic Social",
			"https://google.com/":            "google.com referral Organic Social",
			"https://www.google.com/":        "google organic Organic Search",
			"https://google.de/":             "google organic Organic Search",
			"https://ya.ru/":                 "ya.ru referral Email",
			"https://www.ebay.de/":           "ebay.de referral Organic Shopping",
		} {
			e, ok := r.Referral("https://e.com/", referrer)
			assert.True(t, ok)
			assert.Equal(t, want, e.Source+" "+e.Medium+" "+e.Channel, referrer)
		}
		assert.Equal(t, "Organic Social", r.Classify(channel.Tags{Source: "ebay"}, "", "").Channel)
	})
	t.Run("a category of one's own", func(t *testing.T) {
		r := withRules(t, `
hosts: [{name: partner, category: partner, hosts: [partner.org], aliases: [ptn]}]
channels: [{channel: Partners, when: [{category: partner}]}]`)
		e, _ := r.Referral("https://e.com/", "https://www.partner.org/")
		assert.Equal(t, "Partners", e.Channel)
		assert.Equal(t, "Partners", r.Classify(channel.Tags{Source: "ptn"}, "", "").Channel)
	})
	t.Run("its absent values are added", func(t *testing.T) {
		r := withRules(t, "absent_values: [N/A]")
		assert.False(t, r.Tags(channel.Campaign{Source: " n/a ", Medium: "(none)"}, "").IsTagged())
	})
	t.Run("it may replace whole sections", func(t *testing.T) {
		r := withRules(t, `
replace: [paid_media, channels, click_ids, hosts, absent_values]
paid_media: ['^bought$']
channels: [{channel: All, when: [{medium: '.'}]}]`)
		e := r.Classify(channel.Tags{Source: "google", Medium: "cpc"}, "", "")
		assert.False(t, e.IsPaid)
		assert.Equal(t, "All", e.Channel)
		assert.Equal(t, channel.Tags{Source: "(direct)"}, r.Tags(channel.Campaign{Source: "(direct)"}, "https://e.com/?gclid=1"))
		e, _ = r.Referral("https://e.com/", "https://www.google.com/")
		assert.Equal(t, "google.com", e.Source)
	})
	t.Run("it may add crawlers, or replace them", func(t *testing.T) {
		r := withRules(t, "crawlers: ['^OurMonitor/']")
		assert.True(t, r.IsCrawler("OurMonitor/2"))
		assert.True(t, r.IsCrawler("Googlebot/2.1"))
		r = withRules(t, "crawlers: ['^OurMonitor/']\nreplace: [crawlers]")
		assert.False(t, r.IsCrawler("Googlebot/2.1"))
	})
	t.Run("an empty file, comments alone, and a header change nothing", func(t *testing.T) {
		for _, file := range []string{"", "# nothing\n", "---\n", "about: ours\nsource: us\nlicence: none\n"} {
			r := withRules(t, file)
			shipped := newRules(t, channel.Options{})
			assert.Equal(t, shipped.Fingerprint(2), r.Fingerprint(2))
			assert.Equal(t, shipped.Fingerprint(5), r.Fingerprint(5))
		}
	})
}

func TestMistakesInTheRulesAreNamed(t *testing.T) {
	for file, want := range map[string]string{
		"chanels: []":                       `my.yaml: line 1: unknown key "chanels"`,
		"channels: [{chanel: X}]":           `my.yaml: line 1: unknown key "chanel"`,
		"channels: 7":                       `my.yaml: line 1: cannot unmarshal`,
		"a: [":                              `my.yaml: line 1`,
		"replace: []\n---\nreplace: []":     `my.yaml: more than one YAML document`,
		"replace: [chanels]":                `my.yaml: replace[0]: unknown section "chanels": use any of`,
		"channels: [{channel: X}]":          `my.yaml: channels[0] (X): channel and when are both required`,
		"channels: [{when: [{medium: x}]}]": `my.yaml: channels[0] (): channel and when are both required`,
		"channels: [{channel: (null), when: [{medium: x}]}]":      `my.yaml: channels[0] ((null)): a channel's name cannot begin with a parenthesis`,
		"channels: [{channel: X, when: [{}]}]":                    `my.yaml: channels[0] (X): when[0]: empty`,
		"channels: [{channel: X, when: [{medium: '('}]}]":         `my.yaml: channels[0] (X): when[0]: medium: "(" is no regular expression`,
		"channels: [{channel: X, when: [{category: socal}]}]":     `my.yaml: channels[0] (X): when[0]: no host has category "socal": use one of ai, email, search`,
		"hosts: [{name: x, category: socal, hosts: [x.org]}]":     `my.yaml: hosts[0] (x): no channel rule asks for category "socal": use one of ai, email, search`,
		"hosts: [{category: social, hosts: [x.org]}]":             `my.yaml: hosts[0] (): no name`,
		"hosts: [{name: x, hosts: [x.org]}]":                      `my.yaml: hosts[0] (x): no category: use one of ai, email, search`,
		"hosts: [{name: x, category: ai, hosts: [https://x]}]":    `my.yaml: hosts[0] (x): hosts: "https://x" is no host name`,
		"hosts: [{name: x, category: ai, exact: [co.uk]}]":        `my.yaml: hosts[0] (x): exact: "co.uk" is a public suffix`,
		"hosts: [{name: x, category: ai, hosts: ['.*']}]":         `my.yaml: hosts[0] (x): hosts: ".*" is no host`,
		"hosts: [{name: x, category: ai, apps: ['']}]":            `my.yaml: hosts[0] (x): apps: an empty entry`,
		"hosts: [{name: x, category: ai, hosts: [x.org, X.org]}]": `my.yaml: hosts[0] (x): hosts: "X.org" is listed before`,
		"paid_media: ['[']":                                     `my.yaml: paid_media[0]: "[" is no regular expression`,
		"paid_media: ['']":                                      `my.yaml: paid_media[0]: an empty pattern`,
		"crawlers: ['[']":                                       `my.yaml: crawlers[0]: "[" is no regular expression`,
		"crawlers: [x, Ours/, 'a[bB]c']":                        `my.yaml: crawlers[0]: "x" says too little`,
		"crawlers: ['']":                                        `my.yaml: crawlers[0]: "" says too little`,
		"click_ids: [{source: a, medium: b}]":                   `my.yaml: click_ids[0] (): no name`,
		"click_ids: [{name: x, source: a}]":                     `my.yaml: click_ids[0] (x): source and medium are both required`,
		"click_ids: [{name: 'x y', source: a, medium: b}]":      `my.yaml: click_ids[0] (x y): no parameter's name`,
		"click_ids: [{name: UTM_source, source: a, medium: b}]": `my.yaml: click_ids[0] (utm_source): utm_source is a campaign parameter`,

		"click_ids: [{name: x, source: a, medium: b}, {name: X, source: a, medium: b}]": `my.yaml: click_ids[1] (x): listed twice`,
	} {
		_, err := channel.New(channel.Options{RulesFile: []byte(file), RulesFileName: "my.yaml"})
		require.Error(t, err, file)
		assert.Contains(t, err.Error(), want, file)
	}
}

func TestMistakesInTheSettingsAreNamed(t *testing.T) {
	for want, o := range map[string]channel.Options{
		`own_domains[1]: "https://x.org/" is no host name`: {OwnDomains: []string{"x.org", "https://x.org/"}},
		`own_domains[0]: "" is no host name`:               {OwnDomains: []string{""}},
		`own_domains[0]: "co.uk" is a public suffix`:       {OwnDomains: []string{"co.uk"}},
		`internal_domains[0]: "*.x.org" is no host name`:   {InternalDomains: []string{"*.x.org"}},
		`blog_patterns[0]: "(" is no regular expression`:   {BlogPatterns: []string{"("}},
		`blog_patterns[0]: an empty pattern`:               {BlogPatterns: []string{""}},
		`rules_file: line 1: unknown key "x"`:              {RulesFile: []byte("x: 1")},
	} {
		_, err := channel.New(o)
		require.Error(t, err, want)
		assert.Contains(t, err.Error(), want)
	}
}

func TestDomainListsCoverSubdomains(t *testing.T) {
	r := newRules(t, channel.Options{OwnDomains: []string{"Shop.Example.COM.", "localhost", "10.0.0.1"}, InternalDomains: []string{}})
	for referrer, isExternal := range map[string]bool{
		"https://shop.example.com/": false, "https://a.b.shop.example.com/": false, "http://localhost:3000/": false, "http://10.0.0.1/": false,
		"https://example.com/": true, "https://myshop.example.com/": true, "https://checkout.stripe.com/": true, "http://10.0.0.2/": true,
	} {
		_, ok := r.Referral("https://other.org/", referrer)
		assert.Equal(t, isExternal, ok, referrer)
	}
}
