package channel_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/rules"
)

// read decodes a file of testdata strictly.
func read(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	require.NoError(t, rules.Decode(name, text, v))
}

// newRules compiles the options or fails the test.
func newRules(t testing.TB, o channel.Options) *channel.Rules {
	t.Helper()
	r, err := channel.New(o)
	require.NoError(t, err)
	return r
}

func TestTagsOfAnEvent(t *testing.T) {
	var file struct {
		Cases []struct {
			It       string
			Campaign channel.Campaign
			URL      string
			Want     struct {
				Source, Medium, Campaign, Term, Content string
				ClickID                                 string `yaml:"click_id"`
			}
		}
	}
	read(t, "tags.yaml", &file)
	r := newRules(t, channel.Options{})
	for _, c := range file.Cases {
		t.Run(c.It, func(t *testing.T) {
			want := channel.Tags(c.Want)
			got := r.Tags(c.Campaign, c.URL)
			assert.Equal(t, want, got)
			assert.Equal(t, want != channel.Tags{}, got.IsTagged())
		})
	}
}

func TestReferralOfAnEntry(t *testing.T) {
	var file struct {
		Cases []struct {
			It       string
			Page     *string
			Referrer string
			Want     string
		}
	}
	read(t, "referrals.yaml", &file)
	r := newRules(t, channel.Options{OwnDomains: []string{"example-shop.com", "com.example.app"}})
	for _, c := range file.Cases {
		t.Run(c.It, func(t *testing.T) {
			page := "https://www.example.com/"
			if c.Page != nil {
				page = *c.Page
			}
			e, isExternal := r.Referral(page, c.Referrer)
			if c.Want == "internal" {
				assert.False(t, isExternal, "external: %+v", e)
				assert.Empty(t, e)
				return
			}
			require.True(t, isExternal, "not external")
			parts := strings.Split(c.Want, " / ")
			assert.Equal(t, channel.Evidence{Source: parts[0], Medium: parts[1], Channel: parts[2]}, e)
		})
	}
}

func TestChannelOfTags(t *testing.T) {
	var file struct {
		Cases []struct {
			It      string
			From    string
			ClickID string `yaml:"click_id"`
			Want    string
			Paid    bool
		}
	}
	read(t, "channels.yaml", &file)
	r := newRules(t, channel.Options{})
	for _, c := range file.Cases {
		t.Run(c.It, func(t *testing.T) {
			from := append(strings.Split(c.From, " / "), "")
			for i := range from {
				if from[i] == "-" {
					from[i] = ""
				}
			}
			tags := channel.Tags{Source: from[0], Medium: from[1], Campaign: from[2], ClickID: c.ClickID}
			assert.Equal(t, channel.Evidence{
				Source: from[0], Medium: from[1], Campaign: from[2], ClickID: c.ClickID, Channel: c.Want, IsPaid: c.Paid,
			}, r.Classify(tags, "https://example.com/", "https://www.google.com/"))
		})
	}
}

func TestDirect(t *testing.T) {
	r := newRules(t, channel.Options{})
	assert.Equal(t, channel.Evidence{Source: "(direct)", Medium: "(none)", Channel: "Direct"}, r.Direct())
}

func TestPaidMedia(t *testing.T) {
	r := newRules(t, channel.Options{})
	for medium, isPaid := range map[string]bool{
		"cpc": true, "cpa": true, "cpm": true, "cpv": true, "google-cpc": true, "ppc": true, "paid": true, "paid-social": true,
		"paidsearch": true, "retargeting": true, "display": true, "banner": true, "affiliate": true, "CPC": true,
		"": false, "organic": false, "referral": false, "email": false, "social": false, "cpx": false, "cpc2": false, "xppc": false,
		"unpaid": false, "affiliates": false, "displays": false, "interstitial": false, "video": false,
	} {
		assert.Equal(t, isPaid, r.Classify(channel.Tags{Source: "s", Medium: medium}, "", "").IsPaid, "medium %q", medium)
	}
	for _, click := range []string{"gclid", "gbraid", "wbraid", "dclid", "msclkid", "ttclid", "twclid", "li_fat_id"} {
		assert.True(t, r.Classify(channel.Tags{Medium: "email", ClickID: click}, "", "").IsPaid, click)
	}
	assert.False(t, r.Classify(channel.Tags{Source: "facebook", Medium: "social", ClickID: "fbclid"}, "", "").IsPaid, "fbclid alone is not paid")
}

func TestBlogPages(t *testing.T) {
	r := newRules(t, channel.Options{})
	for url, isBlog := range map[string]bool{
		"https://blog.example.com/": true, "http://blog.example.com": true, "https://example.com/blog": true,
		"https://example.com/blog/post?x": true, "https://example.com/blogs/": true, "https://example.com:8080/blog/x": true,
		"": false, "https://example.com/": false, "https://example.com/blogging": false, "https://example.com/en/blog/": false,
		"https://myblog.example.com/": false, "https://example.com/?x=/blog/": false, "/blog/x": false, "https://EXAMPLE.com/Blog/": false,
	} {
		assert.Equal(t, isBlog, r.IsBlog(url), url)
	}
	own := newRules(t, channel.Options{BlogPatterns: []string{`(?i)/(magazin|news)/`, `^https://[a-z]{2}\.example\.com/stories$`}})
	assert.True(t, own.IsBlog("https://example.com/MAGAZIN/x"))
	assert.True(t, own.IsBlog("https://de.example.com/stories"))
	assert.False(t, own.IsBlog("https://blog.example.com/"))
	assert.False(t, newRules(t, channel.Options{BlogPatterns: []string{}}).IsBlog("https://blog.example.com/"))
}

func TestLongTagsAreCutAtACharacter(t *testing.T) {
	r := newRules(t, channel.Options{})
	for _, text := range []string{strings.Repeat("é", 3000), strings.Repeat("世", 3000), strings.Repeat("x", channel.MaxTagBytes-1) + " y", strings.Repeat("X", 1025)} {
		got := r.Tags(channel.Campaign{Source: text, Name: text}, "")
		for _, v := range []string{got.Source, got.Campaign} {
			assert.LessOrEqual(t, len(v), channel.MaxTagBytes)
			assert.GreaterOrEqual(t, len(v), channel.MaxTagBytes-3)
			assert.Equal(t, strings.TrimSpace(v), v)
			assert.NotContains(t, v, "\uFFFD")
			assert.True(t, strings.HasPrefix(strings.ToLower(text), strings.ToLower(v)))
		}
	}
	exact := strings.Repeat("x", channel.MaxTagBytes)
	assert.Equal(t, exact, r.Tags(channel.Campaign{Term: exact}, "").Term)
}

func TestRulesServeManyAtOnceAndForgetNothingWhenFull(t *testing.T) {
	r := newRules(t, channel.Options{})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 9000 {
				name := fmt.Sprintf("w%d-%d", worker%2, i)
				e, ok := r.Referral("https://example.com/", "https://www."+name+".org/")
				if !ok || e.Source != name+".org" || e.Channel != "Referral" {
					t.Errorf("%v %+v", ok, e)
				}
				if e = r.Classify(channel.Tags{Source: "google", Medium: "cpc", Campaign: name}, "", ""); e.Campaign != name || e.Channel != "Paid Search" {
					t.Errorf("%+v", e)
				}
			}
		})
	}
	wg.Wait()
}
