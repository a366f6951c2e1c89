package world

import (
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// pages are page URLs: untagged, tagged in several ways, and blog pages.
var pages = []string{
	"https://www.shop.com/", "https://www.shop.com/", "https://www.shop.com/pricing", "https://shop.com",
	"https://www.shop.com/?utm_source=News&utm_medium=email&utm_campaign=c1",
	"https://www.shop.com/?utm_source=news&utm_medium=Email&utm_campaign=c1&utm_term=t",
	"https://www.shop.com/?gclid=abc", "https://www.shop.com/a?gclid=def", "https://www.shop.com/?fbclid=f",
	"https://www.shop.com/?utm_source=google&utm_medium=cpc&gclid=1",
	"https://www.shop.com/?utm_campaign=only", "https://www.shop.com/?utm_source=(direct)&utm_medium=(none)",
	"https://blog.shop.com/post", "https://www.shop.com/blog/1", "https://www.shop.com/blog?msclkid=m",
	"not a url",
}

// referrers are external, internal, one's own, and nonsense.
var referrers = []string{
	"https://www.google.com/", "https://www.bing.com/search?q=x", "https://t.co/abc", "https://news.example.org/post",
	"https://www.shop.com/", "https://shop.com/cart", "https://checkout.stripe.com/pay",
	"android-app://com.google.android.googlequicksearchbox", "android-app://com.slack/", "nonsense", "https://mail.google.com/",
}

// evidence sets the page, the referrer, the user agent and the campaign columns of an
// event.
func (g *generator) evidence(r Row) {
	column := func(name, value string) {
		if g.one(30) {
			value = ""
		}
		r.Values[name] = value
	}
	if r.Kind == event.Page {
		if !g.one(4) {
			column("url", pick(g, pages...))
		}
		if g.one(3) {
			column("referrer", pick(g, referrers...))
		}
	}
	if r.Kind != event.Screen && !g.one(3) || g.one(5) {
		column("context_page_url", pick(g, pages...))
		if g.one(2) {
			column("context_page_referrer", pick(g, referrers...))
		}
	}
	if g.one(3) {
		column("context_user_agent", pick(g, "Googlebot/2.1", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", " Googlebot/2.1", "curl/8", " curl/8",
			"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "googlebot"))
	}
	if g.one(5) {
		column("context_campaign_source", pick(g, "News", "google", "(direct)", "facebook", " news "))
		column("context_campaign_medium", pick(g, "cpc", "email", "(none)", "Paid Social", "organic"))
		if g.one(2) {
			column("context_campaign_name", pick(g, "c1", "C1", "(not set)"))
		}
		if g.one(4) {
			column("context_campaign_term", "t")
		}
		if g.one(4) {
			column("context_campaign_content", "banner")
		}
	}
}

// names sets what a track is called: signups, look-alikes, ignored names, others.
func (g *generator) names(r Row) {
	type name struct{ slug, text string }
	n := pick(g,
		name{"signed_up", "Signed Up"}, name{"signed_up", "Signed Up"}, name{"signed_up", "signed up"}, name{"", "Signed Up"},
		name{"x", "signed-up"}, name{"sign_up", "Sign Up"}, name{"heartbeat", "Heartbeat"}, name{"Heartbeat", "Signed Up"},
		name{"order_completed", "Order Completed"}, name{"order_completed", "Order Completed"}, name{"clicked", "Clicked"})
	if n.slug != "" {
		r.Values["event"] = n.slug
	}
	r.Values["event_text"] = n.text
	if g.one(20) {
		delete(r.Values, "event_text")
	}
}

// duplicate adds another copy of a row that is there: the same or with something
// changed, received at the same time, before or after, arriving any night.
func (g *generator) duplicate() {
	from := pick(g, g.world.Rows...)
	r := World{Rows: []Row{from}}.clone().Rows[0]
	received, ok := parseTime(r.Values["received_at"])
	if !ok {
		return
	}
	loadTime := g.world.Sources[r.Source].HasLoadTime()
	id := r.Values["id"]
	idless := event.Trim(id) == ""
	switch {
	case idless:
		// Equal rows without an id are as many events. They come together: a nightly
		// run cannot tell a second one of another night from the first read again.
	case loadTime:
		r.Night = g.IntN(len(g.world.AsOf))
		if _, ok := r.Values["uuid_ts"]; ok && !g.one(4) {
			r.Values["uuid_ts"] = formatTime(g.world.loadTime(g.Rand, r.Night))
		}
	default:
		r.Night = g.IntN(len(g.world.AsOf))
	}
	if !idless {
		days := time.Duration(g.IntN(14)) * 24 * time.Hour
		moved := received.Add(pick(g, 0, 0, time.Second, -time.Second, -time.Hour, days, -days))
		if !loadTime {
			moved = g.near(r.Night)
		}
		r.Values["received_at"] = formatTime(moved)
		if g.one(3) {
			r.Values["id"] = " " + id
		}
		if g.one(3) {
			r.Values["user_id"] = pick(g, g.users...)
		}
		if g.one(3) && r.Kind.IsActivity() {
			g.evidence(r)
		}
	}
	before := len(g.world.Rows)
	g.add(r)
	if g.world.legal() != nil {
		g.world.Rows = g.world.Rows[:before]
	}
}
