// Package channel reads marketing evidence: from the campaign fields, page URL and
// referrer of an event to source, medium, channel, and whether it was paid for.
// Its rules are the data of package rules, with a user's own laid over them.
//
// Work is split as the stages split it: Tags and IsBlog are asked of every event
// by stage 2, and are cheap; Referral, Classify and Direct of every touch by stage
// 5. Fingerprint says what each of the two depends on.
//
// The package is pure: no database, clock, logger or environment. What a Rules
// answers never changes after New; it remembers a bounded number of its answers and
// is safe for concurrent use.
package channel

import (
	"github.com/attribution-dev/attribution/rules"
)

// Campaign holds the five context_campaign_* columns of an event as sent. The
// empty string is absent.
type Campaign struct{ Source, Medium, Name, Term, Content string }

// Tags is the explicit evidence of an event, resolved field by field: the campaign
// column, else the utm_* parameter of the page URL, else (source and medium only)
// what the page URL's click id implies. The empty string is absent in each field.
// ClickID is the kind ("gclid"), never the value. Tags is comparable: two events
// have the same set of tags exactly when their Tags are equal.
type Tags struct{ Source, Medium, Campaign, Term, Content, ClickID string }

// IsTagged reports whether there is any explicit evidence.
func (t Tags) IsTagged() bool { return t != Tags{} }

// Evidence is where a touch came from, resolved: what the published tables show.
// Every field but Channel may be empty, which they show as NULL.
type Evidence struct {
	Source, Medium, Campaign, Term, Content, ClickID, Channel string

	// IsPaid reports that the medium is a paid one (paid_media.yaml) or the click
	// id proves a paid click (click_ids.yaml).
	IsPaid bool
}

// What a touch without evidence is called, and the channel of evidence that no
// channel rule matches. Source: contract, section 6; the names are Google Analytics'.
const (
	DirectSource      = "(direct)"
	DirectMedium      = "(none)"
	DirectChannel     = "Direct"
	UnassignedChannel = "Unassigned"
)

// Media of untagged evidence. Source: contract, section 6.
const (
	OrganicMedium  = "organic"
	ReferralMedium = "referral"
)

// Options are the settings that bear on evidence. The zero value is the default.
type Options struct {
	// OwnDomains are further hosts of one's own; referrers from them and their
	// subdomains are internal, beside those from the page's own registrable domain.
	// App packages may be listed, whole. Defaults to none.
	OwnDomains []string

	// InternalDomains are payment and login hosts, with their subdomains. Nil, the
	// default, is the shipped list (rules.InternalDomains); an empty list is none.
	InternalDomains []string

	// BlogPatterns are regular expressions (RE2) over page URLs. Nil, the default,
	// is the shipped list (rules.BlogPatterns); an empty list makes no page a blog page.
	BlogPatterns []string

	// RulesFile is the content of the user's rules file, laid over the shipped
	// rules as rules/README.md says. Defaults to none.
	RulesFile []byte

	// RulesFileName names RulesFile in errors. Defaults to "rules_file".
	RulesFileName string
}

// Rules answers every question about evidence. Make one with New; do not copy it.
type Rules struct {
	absent   map[string]struct{} // folded values that count as absent
	params   map[string]int      // folded query parameter name: a utm_* field, or firstClickID + place in clickIDs
	maxParam int                 // bytes of the longest name in params
	clickIDs []clickID           // in order of precedence
	paidIDs  map[string]bool     // click id name: proves a paid click
	blog     []blogPattern

	internal domainSet // own and internal domains and app packages
	sites    sites     // hosts, apps and names to sites
	listed   sites     // of public lists, where sites has none
	paid     []paidMedium
	channels []channelRule
	asksURLs bool // a channel rule asks for landing_page or referrer
	crawlers crawlers

	origins  memo[hostKey, origin]
	resolved memo[Tags, Evidence]

	fingerprints map[int]string
}

// New compiles the shipped rules, the settings, and the user's rules file over
// them. Errors name the file and key, and say what to do.
func New(o Options) (*Rules, error) {
	if o.RulesFileName == "" {
		o.RulesFileName = "rules_file"
	}
	if o.InternalDomains == nil {
		o.InternalDomains = rules.InternalDomains()
	}
	if o.BlogPatterns == nil {
		o.BlogPatterns = rules.BlogPatterns()
	}
	d, err := loadRules(o.RulesFileName, o.RulesFile)
	if err != nil {
		return nil, err
	}
	r := &Rules{}
	for _, compile := range []func() error{
		func() error { return r.compileTags(d) },
		func() error { return r.compileBlog(o.BlogPatterns) },
		func() error { return r.compileInternal(o.OwnDomains, o.InternalDomains) },
		func() error { return r.compileSites(d) },
		func() error { return r.compilePaid(d) },
		func() error { return r.compileChannels(d) },
		func() error { return r.compileCrawlers(d) },
	} {
		if err := compile(); err != nil {
			return nil, err
		}
	}
	r.fingerprints = r.computeFingerprints(d, o.BlogPatterns)
	return r, nil
}
