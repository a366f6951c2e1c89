package channel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/attribution-dev/attribution/internal/channel"
)

const taggedURL = "https://www.example.com/pricing?ref=nav&utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCQjw"

func BenchmarkTags(b *testing.B) {
	r := newRules(b, channel.Options{})
	for name, url := range map[string]string{
		"no query":      "https://www.example.com/docs/getting-started/install",
		"foreign query": "https://www.example.com/search?q=shoes&page=2&sort=price&session=0123456789abcdef",
		"tagged":        taggedURL,
		"encoded":       "https://www.example.com/?utm_source=Google&utm_medium=cpc&utm_campaign=spring+sale%202024",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Tags(channel.Campaign{}, url)
			}
		})
	}
	b.Run("columns", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Tags(channel.Campaign{Source: "google", Medium: "cpc", Name: "Brand"}, "https://www.example.com/")
		}
	})
}

func BenchmarkIsBlog(b *testing.B) {
	r := newRules(b, channel.Options{})
	for name, url := range map[string]string{"no": "https://www.example.com/docs/getting-started", "yes": "https://www.example.com/blog/post"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.IsBlog(url)
			}
		})
	}
}

func BenchmarkReferral(b *testing.B) {
	r := newRules(b, channel.Options{})
	for name, referrer := range map[string]string{"internal": "https://example.com/a", "search": "https://www.google.co.uk/", "referral": "https://news.partner.org/x"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Referral("https://www.example.com/pricing", referrer)
			}
		})
	}
}

func BenchmarkClassify(b *testing.B) {
	r := newRules(b, channel.Options{})
	b.ReportAllocs()
	for b.Loop() {
		r.Classify(channel.Tags{Source: "google", Medium: "cpc", Campaign: "brand", ClickID: "gclid"}, "", "")
	}
}

func TestTagsAllocateNothingWhereNothingIsEncoded(t *testing.T) {
	r := newRules(t, channel.Options{})
	for _, url := range []string{"", "https://www.example.com/a/b", "https://www.example.com/?q=shoes&page=2", taggedURL} {
		assert.Zero(t, testing.AllocsPerRun(100, func() { r.Tags(channel.Campaign{}, url) }), url)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { r.Tags(channel.Campaign{Source: "google", Medium: "cpc", Name: "Brand"}, "") }))
}

func BenchmarkIsCrawler(b *testing.B) {
	r := newRules(b, channel.Options{})
	for name, agent := range map[string]string{
		"browser": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"crawler": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.IsCrawler(agent)
			}
		})
	}
}
