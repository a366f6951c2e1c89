package simulate

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

// The recount is a second, naive implementation of the design's sections 2, 3 and 6
// over the rows alone. It shares nothing with the generator but the rows.

// external are the registrable domains and apps that occur as referrers, and what
// they are by the rules.
var external = map[string][2]string{
	"www.google.com": {"google", "organic"}, "www.google.de": {"google", "organic"}, "www.google.co.uk": {"google", "organic"},
	"www.bing.com": {"bing", "organic"}, "duckduckgo.com": {"duckduckgo", "organic"},
	"com.google.android.googlequicksearchbox": {"google", "organic"},
	"com.slack": {"com.slack", "referral"}, "com.google.android.gm": {"com.google.android.gm", "referral"},
	"chatgpt.com": {"chatgpt.com", "referral"}, "www.perplexity.ai": {"perplexity.ai", "referral"},
	"claude.ai": {"claude.ai", "referral"}, "gemini.google.com": {"google.com", "referral"},
	"mail.google.com": {"google.com", "referral"}, "t.co": {"t.co", "referral"},
	"www.producthunt.com": {"producthunt.com", "referral"}, "www.linkedin.com": {"linkedin.com", "referral"},
	"www.facebook.com": {"facebook.com", "referral"}, "l.facebook.com": {"facebook.com", "referral"},
	"www.reddit.com": {"reddit.com", "referral"}, "www.youtube.com": {"youtube.com", "referral"},
	"news.ycombinator.com": {"ycombinator.com", "referral"}, "github.com": {"github.com", "referral"},
	"www.smallbiz-advice.co.uk": {"smallbiz-advice.co.uk", "referral"}, "www.saas-reviews.co.uk": {"saas-reviews.co.uk", "referral"},
	"www.tiktok.com": {"tiktok.com", "referral"},
}

// internal are the hosts whose referrer counts for nothing.
var internal = []string{
	"www.example.com", "blog.example.com", "app.example.com",
	"checkout.stripe.com", "www.paypal.com", "accounts.google.com",
}

var clickIDs = []struct{ name, source, medium string }{
	{"gclid", "google", "cpc"},
	{"msclkid", "bing", "cpc"},
	{"ttclid", "tiktok", "cpc"},
	{"twclid", "twitter", "cpc"},
	{"li_fat_id", "linkedin", "cpc"},
	{"fbclid", "facebook", "social"},
}

// tagsOf are the tags of a row by section 6; ok is false for none.
func tagsOf(t testing.TB, r *Row) (source, medium, campaign string, ok bool) {
	u, err := url.Parse(r.URL)
	require.NoError(t, err)
	q := u.Query()
	field := func(column, parameter string) string {
		for _, v := range []string{column, q.Get(parameter)} {
			v = strings.TrimSpace(v)
			switch strings.ToLower(v) {
			case "", "(none)", "(direct)", "(not set)", "(not provided)":
				continue
			}
			return v
		}
		return ""
	}
	source = strings.ToLower(field(r.CampaignSource, "utm_source"))
	medium = strings.ToLower(field(r.CampaignMedium, "utm_medium"))
	campaign = field(r.CampaignName, "utm_campaign")
	rest := field(r.CampaignTerm, "utm_term") + field(r.CampaignContent, "utm_content")
	for _, c := range clickIDs {
		if q.Has(c.name) {
			source, medium, rest = cmp.Or(source, c.source), cmp.Or(medium, c.medium), "click"
			break
		}
	}
	return source, medium, campaign, source+medium+campaign+rest != ""
}

// referrerOf is what the referrer of a row is by section 6; ok is false for nothing.
func referrerOf(t testing.TB, r *Row) (source, medium string, ok bool) {
	if r.Referrer == "" {
		return "", "", false
	}
	u, err := url.Parse(r.Referrer)
	require.NoError(t, err)
	if slices.Contains(internal, u.Host) {
		return "", "", false
	}
	v, known := external[u.Host]
	require.True(t, known, "referrer %q", r.Referrer)
	return v[0], v[1], true
}

// placed is a row with its place in the order of events.
type placed struct {
	at    event.Micros
	order event.Order
	*Row
}

// counted is what the recount found of one person.
type counted struct {
	sessions, before int
	signedUp         bool
	signup           event.Micros
	touch            *Touch
}

// recount finds all persons of the rows and what the rules say of them.
func recount(t testing.TB, sources []string, rows []Row) map[event.Person]counted {
	all := make([]placed, len(rows))
	users := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		at, _ := event.TimeOf(r.Timestamp, r.HasTimestamp, r.ReceivedAt)
		all[i] = placed{at, event.Order{At: at, ReceivedAt: r.ReceivedAt, Source: sources[r.Source], ID: r.ID, Kind: r.Kind}, r}
		if r.UserID != "" {
			users[r.UserID] = true
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return a.order.Compare(b.order) })
	root := map[string]string{} // user → the user it is joined to; itself where none
	first := map[string]int{}   // user → first sight
	edges := map[string][]string{}
	var find func(string) string
	find = func(u string) string {
		if root[u] == u {
			return u
		}
		return find(root[u])
	}
	see := func(u string, i int) {
		if _, ok := first[u]; !ok {
			first[u], root[u] = i, u
		}
	}
	for i, p := range all {
		if p.UserID != "" {
			see(p.UserID, i)
		}
		if p.AnonymousID != "" && p.UserID != "" {
			edges[p.AnonymousID] = append(edges[p.AnonymousID], p.UserID)
		}
		if p.PreviousID == "" {
			continue
		}
		edges[p.PreviousID] = append(edges[p.PreviousID], p.UserID)
		if users[p.PreviousID] {
			see(p.PreviousID, i)
			a, b := find(p.PreviousID), find(p.UserID)
			if first[b] < first[a] {
				a, b = b, a
			}
			root[b] = a
		}
	}
	personOf := func(p placed) event.Person {
		if p.UserID != "" {
			return event.Person{AliasID: find(p.UserID), IsIdentified: true}
		}
		persons := map[string]bool{}
		for _, u := range edges[p.AnonymousID] {
			persons[find(u)] = true
		}
		if len(persons) == 0 || len(persons) > 5 {
			return event.Person{AliasID: p.AnonymousID}
		}
		return event.Person{AliasID: find(edges[p.AnonymousID][0]), IsIdentified: true}
	}
	lives := map[event.Person][]placed{}
	for _, p := range all {
		if p.Kind.IsActivity() {
			lives[personOf(p)] = append(lives[personOf(p)], p)
		}
	}
	found := map[event.Person]counted{}
	for person, events := range lives {
		found[person] = countOne(t, events)
	}
	return found
}

// countOne applies the rules to the ordered events of one person.
func countOne(t testing.TB, events []placed) (c counted) {
	var sessions [][]placed
	var last event.Micros
	for _, p := range events {
		if !c.signedUp && (p.EventText == "Signed Up" || p.EventText == "signed_up") {
			c.signedUp, c.signup = true, p.at
		}
		if p.AnonymousID == "" && p.URL == "" {
			continue
		}
		if len(sessions) == 0 || p.at-last > 20*60*1_000_000 {
			sessions = append(sessions, nil)
		}
		sessions[len(sessions)-1] = append(sessions[len(sessions)-1], p)
		last = p.at
	}
	c.sessions = len(sessions)
	for _, s := range sessions {
		if c.signedUp && s[0].at > c.signup {
			continue
		}
		c.before++
		if touch := touchOf(t, s, c); c.touch == nil {
			c.touch = &touch
		}
	}
	return c
}

// touchOf is the first touch of a session that counts for the signup.
func touchOf(t testing.TB, s []placed, c counted) Touch {
	entered := false
	for _, p := range s {
		if c.signedUp && p.at > c.signup {
			break
		}
		isEntry := p.URL != "" && !entered
		entered = entered || p.URL != ""
		if source, medium, campaign, ok := tagsOf(t, p.Row); ok {
			return Touch{At: p.at, Source: source, Medium: medium, Campaign: campaign}
		}
		if source, medium, ok := referrerOf(t, p.Row); ok && isEntry {
			return Touch{At: p.at, Source: source, Medium: medium}
		}
	}
	return Touch{At: s[0].at, Source: "(direct)", Medium: "(none)"}
}
