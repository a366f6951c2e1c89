package simulate

import (
	"net/url"
	"strings"
)

// A cause is one way by which sessions begin: what the browser sends, and beside it
// what that is by the rules of the design. Both are written by hand: the truth is
// chosen here, never parsed back from what was sent.
type cause struct {
	weight   int
	referrer string // document.referrer on landing

	// What the link carries.
	source, medium string // canonical; the truth of tagged causes
	campaigns      []string
	click          string // name of a click id parameter
	clickAlone     bool   // the link carries only the click id: source and medium are implied
	clickCampaign  bool   // the link carries click id and utm_campaign
	absent         bool   // campaign fields hold "(direct)", "(none)", "(not set)"
	app            bool   // a deep link or push message of the mobile app

	// What an external referrer is by the rules; "" for direct.
	refSource, refMedium string
}

// isTagged reports whether the cause carries tags that count.
func (c *cause) isTagged() bool { return c.source != "" }

// hasCampaign reports whether the link names a campaign.
func (c *cause) hasCampaign() bool { return len(c.campaigns) > 0 }

// Campaign names, of an order marketers would invent. Each list is drawn from by a
// power law.
var (
	searchCampaigns = []string{
		"brand_us", "brand_eu", "generic_analytics", "Competitors | US", "generic_crm", "dsa_all", "brand_uk",
		"long tail 2024", "pmax-smb", "pmax-enterprise", "retargeting_search", "generic_reporting",
	}
	socialCampaigns = []string{"launch", "Spring Sale 2024", "webinar_oct", "lookalike_1pct", "customer-stories", "hiring", "Frühjahr"}
	emailCampaigns  = []string{"weekly_digest", "onboarding-1", "onboarding-2", "Product Update #12", "winback", "black friday", "webinar_oct"}
	partnerCampaign = []string{"partner-agency", "partner-review", "comparison-page", "coupon"}
	displayCampaign = []string{"awareness_q1", "awareness_q3", "retargeting_30d", "abm_top200"}
)

// The causes that later code names. They index causes.
const (
	causeDirect = iota
	causeSelf
	causeStripe
	causePayPal
	causeGoogleLogin
	causeAbsent
	causeNewsletter
	causePush
	causeGclidAlone
	causeMsclkid
	causeTtclid
	causeFbclid
	causeGoogleSearch
	causeChatGPT
	causeGoogleApp
	causeTwitter
	causeProductHunt
	firstOtherCause
)

var causes = []cause{
	causeDirect:      {weight: 300},
	causeSelf:        {weight: 14, referrer: "https://www.example.com/pricing"},
	causeStripe:      {weight: 4, referrer: "https://checkout.stripe.com/"},
	causePayPal:      {weight: 3, referrer: "https://www.paypal.com/"},
	causeGoogleLogin: {weight: 9, referrer: "https://accounts.google.com/"},
	causeAbsent:      {weight: 5, absent: true},

	causeNewsletter:   {weight: 55, source: "newsletter", medium: "email", campaigns: emailCampaigns},
	causePush:         {weight: 20, source: "push", medium: "notification", campaigns: emailCampaigns, app: true},
	causeGclidAlone:   {weight: 40, referrer: "https://www.google.com/", source: "google", medium: "cpc", click: "gclid", clickAlone: true},
	causeMsclkid:      {weight: 14, referrer: "https://www.bing.com/", source: "bing", medium: "cpc", click: "msclkid", campaigns: searchCampaigns, clickCampaign: true},
	causeTtclid:       {weight: 8, referrer: "https://www.tiktok.com/", source: "tiktok", medium: "cpc", click: "ttclid", clickAlone: true},
	causeFbclid:       {weight: 22, referrer: "https://l.facebook.com/", source: "facebook", medium: "social", click: "fbclid", clickAlone: true},
	causeGoogleSearch: {weight: 150, referrer: "https://www.google.com/", refSource: "google", refMedium: "organic"},
	causeChatGPT:      {weight: 14, referrer: "https://chatgpt.com/", refSource: "chatgpt.com", refMedium: "referral"},
	causeGoogleApp:    {weight: 10, referrer: "android-app://com.google.android.googlequicksearchbox/", refSource: "google", refMedium: "organic"},
	causeTwitter:      {weight: 14, referrer: "https://t.co/Ab3dEf9h", refSource: "t.co", refMedium: "referral"},
	causeProductHunt:  {weight: 10, referrer: "https://www.producthunt.com/posts/example", refSource: "producthunt.com", refMedium: "referral"},

	// Tagged links.
	{weight: 85, referrer: "https://www.google.com/", source: "google", medium: "cpc", click: "gclid", campaigns: searchCampaigns},
	{weight: 10, source: "google", medium: "cpc", campaigns: searchCampaigns},
	{weight: 24, referrer: "https://www.facebook.com/", source: "facebook", medium: "paid_social", click: "fbclid", campaigns: socialCampaigns},
	{weight: 12, referrer: "https://www.linkedin.com/", source: "linkedin", medium: "paid", click: "li_fat_id", campaigns: socialCampaigns},
	{weight: 8, referrer: "https://www.linkedin.com/feed/", source: "linkedin", medium: "social", campaigns: socialCampaigns},
	{weight: 6, referrer: "https://t.co/x7Zk2Qp1", source: "twitter", medium: "cpc", click: "twclid", clickAlone: true},
	{weight: 12, source: "doubleclick", medium: "display", campaigns: displayCampaign},
	{weight: 10, referrer: "https://www.saas-reviews.co.uk/best-crm", source: "saas-reviews", medium: "affiliate", campaigns: partnerCampaign},
	{weight: 10, referrer: "https://mail.google.com/", source: "lifecycle", medium: "email", campaigns: emailCampaigns},
	{weight: 6, referrer: "https://chatgpt.com/", source: "chatgpt.com"},

	// Untagged visitors sent by others.
	{weight: 10, referrer: "https://www.google.co.uk/", refSource: "google", refMedium: "organic"},
	{weight: 9, referrer: "https://www.google.de/", refSource: "google", refMedium: "organic"},
	{weight: 22, referrer: "https://www.bing.com/", refSource: "bing", refMedium: "organic"},
	{weight: 16, referrer: "https://duckduckgo.com/", refSource: "duckduckgo", refMedium: "organic"},
	{weight: 8, referrer: "https://www.linkedin.com/", refSource: "linkedin.com", refMedium: "referral"},
	{weight: 7, referrer: "https://www.facebook.com/", refSource: "facebook.com", refMedium: "referral"},
	{weight: 6, referrer: "https://www.reddit.com/r/analytics/", refSource: "reddit.com", refMedium: "referral"},
	{weight: 5, referrer: "https://www.youtube.com/", refSource: "youtube.com", refMedium: "referral"},
	{weight: 6, referrer: "https://news.ycombinator.com/", refSource: "ycombinator.com", refMedium: "referral"},
	{weight: 5, referrer: "https://github.com/example/sdk", refSource: "github.com", refMedium: "referral"},
	{weight: 4, referrer: "https://www.smallbiz-advice.co.uk/tools?page=2", refSource: "smallbiz-advice.co.uk", refMedium: "referral"},
	{weight: 4, referrer: "https://mail.google.com/", refSource: "google.com", refMedium: "referral"},
	{weight: 4, referrer: "https://www.perplexity.ai/", refSource: "perplexity.ai", refMedium: "referral"},
	{weight: 3, referrer: "https://claude.ai/", refSource: "claude.ai", refMedium: "referral"},
	{weight: 3, referrer: "https://gemini.google.com/", refSource: "google.com", refMedium: "referral"},
	{weight: 3, referrer: "android-app://com.slack/", refSource: "com.slack", refMedium: "referral"},
	{weight: 2, referrer: "android-app://com.google.android.gm/", refSource: "com.google.android.gm", refMedium: "referral"},
}

// Cumulative weights of the causes on the web, and of those of the mobile app.
var webWeights, appWeights = func() (web, app []int) {
	for i := range causes {
		w, a := causes[i].weight, 0
		switch {
		case causes[i].app:
			w, a = 0, w
		case i == causeDirect:
			a = w
		}
		web, app = append(web, w), append(app, a)
	}
	return cumulate(web), cumulate(app)
}()

// How a tagged link reaches the rows.
const (
	carryBoth     = iota // utm_* in the page URL and context_campaign_* columns
	carryURL             // only in the page URL
	carryColumns         // only in the columns: the site cleans its URL before the call
	carryPartly          // source and medium in the columns, all of it in the page URL
	carryMisspelt        // utm_soure (or utm_souce) in both, in place of the source
)

// How the values of a tagged link are spelt.
const (
	spellPlain  = iota
	spellCased  // Google, CPC
	spellSpaced // " google "
)

// An origin is a cause with what was drawn for one session.
type origin struct {
	cause    uint8
	campaign uint8
	carry    uint8
	spelling uint8
	extras   bool // term and content are set
	click    bool // the click id is set
}

// campaignName is the campaign by the rules, "" for none.
func (o origin) campaignName() string {
	c := &causes[o.cause]
	if !c.hasCampaign() {
		return ""
	}
	return c.campaigns[o.campaign]
}

// spell writes a value as the link does.
func (o origin) spell(value string) string {
	switch {
	case value == "":
		return ""
	case o.spelling == spellCased:
		return strings.ToUpper(value[:1]) + value[1:]
	case o.spelling == spellSpaced:
		return " " + value + " "
	}
	return value
}

// misspeltParameters are the two wrong spellings of utm_source, and the columns
// analytics.js makes of them.
var misspeltParameters = [2]string{"soure", "souce"}

// misspelt is which of the two wrong spellings the link has.
func (o origin) misspelt() int { return int(o.campaign) & 1 }

// queryOf is the query string of the landing page, without the question mark.
func (o origin) queryOf(key uint64, fields campaignFields) string {
	c := &causes[o.cause]
	var b strings.Builder
	add := func(name, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(value))
	}
	if o.carry != carryColumns {
		if o.carry == carryMisspelt {
			add("utm_"+misspeltParameters[o.misspelt()], fields.source)
		} else {
			add("utm_source", fields.source)
		}
		add("utm_medium", fields.medium)
		add("utm_campaign", fields.name)
		add("utm_term", fields.term)
		add("utm_content", fields.content)
	}
	if c.click != "" && o.click {
		var id [22]byte
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for i := range id {
			if i%10 == 0 {
				key = mix(key)
			}
			id[i] = letters[key>>(6*(i%10))&63]
		}
		add(c.click, string(id[:]))
	}
	return b.String()
}

// campaignFields are the campaign values of a link as sent.
type campaignFields struct{ source, medium, name, term, content string }

// fields are the campaign values of the link as sent.
func (o origin) fields() campaignFields {
	c := &causes[o.cause]
	switch {
	case c.absent:
		return campaignFields{source: "(direct)", medium: "(none)", name: "(not set)"}
	case !c.isTagged() || c.clickAlone:
		return campaignFields{}
	}
	f := campaignFields{name: o.campaignName()}
	if !c.clickCampaign {
		f.source, f.medium = o.spell(c.source), o.spell(c.medium)
	}
	if o.spelling == spellSpaced {
		f.name = o.spell(f.name)
	}
	if o.extras {
		f.term, f.content = terms[int(o.campaign)%len(terms)], contents[int(o.campaign)%len(contents)]
	}
	return f
}

var (
	terms    = []string{"crm software", "best crm", "sales dashboard", "attribution tool"}
	contents = []string{"hero_a", "hero_b", "text-link", "video_15s", "carousel"}
)
