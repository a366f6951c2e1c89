package channel_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/attribution-dev/attribution/internal/channel"
)

// urls are seeds, by what is peculiar in them.
var urls = []string{
	"", "?", "#", "://", "https://", "https://example.com/?utm_source=a&gclid=b#c", // shape
	"https://e.com/?utm_source=%", "https://e.com/?utm_source=%2", "https://e.com/?utm%5fterm=%00&%=%&%zz=+", // escapes
	"https://e.com/?utm_source=%ff%fe&utm_campaign=caf%e9", "https://e.com/?utm_source=\xff\x00&utm_medium=İ", // encoding
	"https://[::1]:80/", "https://[::1", "http://a@b@c:1:2/", "http://...", "http://xn--/", "http://日本.jp.", "android-app://a.b/c", // hosts
	"https://www.google.co.uk/", "http://google.", "http://.com", "http://com/", "http://\u200d.de/", "https://" + strings.Repeat("a.", 200) + "de",
}

func FuzzTags(f *testing.F) {
	r := newRules(f, channel.Options{})
	for _, u := range urls {
		f.Add("", "", u)
		f.Add(u, "(NONE)", "https://e.com/?"+u)
	}
	f.Fuzz(func(t *testing.T, source, name, pageURL string) {
		tags := r.Tags(channel.Campaign{Source: source, Name: name, Content: source}, pageURL)
		for _, v := range []string{tags.Source, tags.Medium, tags.Campaign, tags.Term, tags.Content, tags.ClickID} {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || len(v) > channel.MaxTagBytes || v != strings.TrimSpace(v) {
				t.Fatalf("unfit for a text column: %q", v)
			}
		}
		if tags != r.Tags(channel.Campaign{Source: source, Name: name, Content: source}, pageURL) {
			t.Fatal("twice the same event, but other tags")
		}
		e := r.Classify(tags, pageURL, "")
		if e.Channel == "" || e != r.Classify(tags, "", pageURL) {
			t.Fatalf("no channel, or twice the same tags, but other evidence: %+v", e)
		}
		r.IsBlog(pageURL)
	})
}

func FuzzReferral(f *testing.F) {
	r := newRules(f, channel.Options{})
	for _, u := range urls {
		f.Add(u, "https://example.com/")
		f.Add("https://example.com/", u)
	}
	f.Fuzz(func(t *testing.T, pageURL, referrer string) {
		e, ok := r.Referral(pageURL, referrer)
		if ok != (e != channel.Evidence{}) || ok && (e.Source == "" || e.Channel == "" || !utf8.ValidString(e.Source) || len(e.Source) > 253) {
			t.Fatalf("%v %+v", ok, e)
		}
		if again, _ := r.Referral(pageURL, referrer); again != e {
			t.Fatalf("twice the same entry, but other evidence: %+v, %+v", e, again)
		}
		if _, own := r.Referral(referrer, referrer); own && !strings.Contains(strings.ToLower(referrer), "-app://") {
			t.Fatal("a page refers to itself, yet is external")
		}
	})
}
