package channel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/rules"
)

func TestFingerprintTellsWhichStageAChangeBearsOn(t *testing.T) {
	shipped := newRules(t, channel.Options{})
	assert.NotEmpty(t, shipped.Fingerprint(1))
	assert.NotEmpty(t, shipped.Fingerprint(2))
	assert.NotEmpty(t, shipped.Fingerprint(5))
	assert.NotEqual(t, shipped.Fingerprint(2), shipped.Fingerprint(5))
	for _, stage := range []int{3, 4, 6, 7, 8} {
		assert.Empty(t, shipped.Fingerprint(stage))
	}
	file := func(s string) channel.Options { return channel.Options{RulesFile: []byte(s)} }
	reversed := rules.InternalDomains()
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	for _, c := range []struct {
		change         string
		options        channel.Options
		stage2, stage5 bool
	}{
		{"the shipped lists given", channel.Options{InternalDomains: rules.InternalDomains(), BlogPatterns: rules.BlogPatterns()}, false, false},
		{"the internal domains in another order, twice", channel.Options{InternalDomains: append(reversed, "PAYPAL.com")}, false, false},
		{"a comment", file("# hello\nchannels: []\n"), false, false},
		{"another file name", channel.Options{RulesFileName: "other.yaml"}, false, false},
		{"a shipped click id given again", file("click_ids: [{name: gclid, source: google, medium: cpc, paid: true}]"), false, false},
		{"a shipped absent value given again", file("absent_values: [(NONE)]"), false, false},
		{"a shipped host given again", file("hosts: [{name: youtube, category: video, hosts: [YouTube.com]}]"), false, false},
		{"a crawler", file("crawlers: [OurMonitor/]"), false, false},
		{"a shipped crawler given again", file("crawlers: [Googlebot-Image]"), false, false},
		{"a new absent value", file("absent_values: [n/a]"), true, false},
		{"blog patterns", channel.Options{BlogPatterns: []string{"/news/"}}, true, false},
		{"a click id's medium", file("click_ids: [{name: fbclid, source: facebook, medium: paid, paid: false}]"), true, false},
		{"whether a click id is paid", file("click_ids: [{name: fbclid, source: facebook, medium: social, paid: true}]"), false, true},
		{"a new unpaid click id", file("click_ids: [{name: x, source: a, medium: b}]"), true, false},
		{"a channel rule", file("channels: [{channel: X, when: [{medium: x}]}]"), false, true},
		{"a paid medium", file("paid_media: [x]"), false, true},
		{"a host", file("hosts: [{name: x, category: ai, hosts: [x.org]}]"), false, true},
		{"a host's category", file("hosts: [{name: youtube, category: social, hosts: [youtube.com]}]"), false, true},
		{"an alias", file("hosts: [{name: google, category: search, aliases: [gg]}]"), false, true},
		{"an own domain", channel.Options{OwnDomains: []string{"x.org"}}, false, true},
		{"an own domain that is internal anyhow", channel.Options{OwnDomains: []string{"paypal.com"}}, false, false},
		{"no internal domains", channel.Options{InternalDomains: []string{}}, false, true},
	} {
		r := newRules(t, c.options)
		assert.Equal(t, c.stage2, shipped.Fingerprint(2) != r.Fingerprint(2), "stage 2 changed by %s", c.change)
		assert.Equal(t, c.change == "a crawler", shipped.Fingerprint(1) != r.Fingerprint(1), "stage 1 changed by %s", c.change)
		assert.Equal(t, c.stage5, shipped.Fingerprint(5) != r.Fingerprint(5), "stage 5 changed by %s", c.change)
	}
}
