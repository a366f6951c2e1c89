package channel

import "strings"

// An origin is all that is to know of a referring host or app by itself.
type origin struct {
	domain   string       // registrable domain; of an app the package
	internal ReferrerKind // in the list of own or internal domains, else ""
	site     *site        // nil where none is known
	category string
	evidence Evidence // without regard to the page URL
}

// A hostKey tells a host from a package of the same text.
type hostKey struct {
	host  string
	isApp bool
}

// Referral reads the untagged evidence of a session's entry: its referrer, if
// external. False: there is none, and the entry is direct. That is so when the
// referrer is empty, no absolute http, https, android-app or ios-app URL with a
// host, of the page's own registrable domain, or in the list of own or internal
// domains. Where the page URL has no host, its own domain is unknown and only the
// lists can make a referrer internal.
//
// A search engine's host or app gives its name as source and the medium "organic".
// Any other host gives its registrable domain, any other app its whole package
// name, with the medium "referral". The channel is that of the host itself:
// mail.google.com is source "google.com", channel "Email". Sources are lower case.
func (r *Rules) Referral(pageURL, referrer string) (Evidence, bool) {
	o, is := r.refer(pageURL, referrer)
	if is != ReferrerExternal {
		return Evidence{}, false
	}
	if r.asksURLs {
		return r.resolve(o.evidence, o.category, pageURL, referrer), true
	}
	return o.evidence, true
}

// A ReferrerKind says what a referrer is to the page it led to, in words.
type ReferrerKind string

// The kinds of referrers: all but the external are no evidence.
const (
	ReferrerAbsent   ReferrerKind = "absent"
	ReferrerNoURL    ReferrerKind = "no http, https, android-app or ios-app URL"
	ReferrerInternal ReferrerKind = "internal: a host of internal_domains, for payment or login"
	ReferrerOwn      ReferrerKind = "own: in own_domains"
	ReferrerSelf     ReferrerKind = "own: the domain of the page itself"
	ReferrerExternal ReferrerKind = "external"
)

// refer says what a referrer is to a page, and what is to know of its host.
func (r *Rules) refer(pageURL, referrer string) (origin, ReferrerKind) {
	if referrer == "" {
		return origin{}, ReferrerAbsent
	}
	from, ok := parseAddress(referrer)
	if !ok || !from.isWeb() && !from.isApp() {
		return origin{}, ReferrerNoURL
	}
	o := r.origin(from)
	if o.internal != "" {
		return o, o.internal
	}
	if from.isWeb() {
		if page, ok := parseAddress(pageURL); ok && !page.isApp() && (page.host == from.host || r.origin(page).domain == o.domain) {
			return o, ReferrerSelf
		}
	}
	return o, ReferrerExternal
}

// origin looks a host or app up, remembering the answer.
func (r *Rules) origin(a address) origin {
	key := hostKey{a.host, a.isApp()}
	if o, ok := r.origins.get(key); ok {
		return o
	}
	key.host = strings.Clone(key.host)
	a.host = key.host
	o := origin{domain: a.host, internal: r.internal.covers(a)}
	if !a.isApp() {
		o.domain = registrableDomain(a.host)
	}
	o.evidence = Evidence{Source: o.domain, Medium: ReferralMedium}
	if s := r.siteOfAddress(a); s != nil {
		o.site, o.category = s, s.Category
		if o.category == searchCategory {
			o.evidence.Source, o.evidence.Medium = s.Name, OrganicMedium
		}
	}
	o.evidence = r.resolve(o.evidence, o.category, "", "")
	r.origins.put(key, o)
	return o
}
