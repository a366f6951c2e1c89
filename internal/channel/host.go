package channel

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/attribution-dev/attribution/internal/event"
)

// An address is where a URL points to: enough of it to tell sites apart.
type address struct {
	scheme string // lower case
	host   string // normalized host, or the package of an app
}

// maxHostBytes is the longest host name DNS allows, in bytes.
const maxHostBytes = 253

// parseAddress reads scheme and host of an absolute URL. It looks at no more than
// these: whatever follows the host may be as malformed as it likes. Not ok: there
// is no "scheme://", or what follows is no host name, IP address or package.
//
// Hosts are lower-cased, without user, port and trailing dots, internationalized
// names in their ASCII form (xn--…). Package names are lower-cased too, so that no
// source is published in two spellings.
func parseAddress(url string) (address, bool) {
	url = event.Trim(url)
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || !isScheme(scheme) {
		return address{}, false
	}
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	a := address{scheme: strings.ToLower(scheme)}
	if a.host, ok = cutPort(rest); !ok {
		return address{}, false
	}
	if a.host, ok = normalizeHost(a.host); !ok {
		return address{}, false
	}
	return a, true
}

// isApp reports whether the address is an app's, its host a package.
func (a address) isApp() bool { return a.scheme == "android-app" || a.scheme == "ios-app" }

// isWeb reports whether the address is a web page's.
func (a address) isWeb() bool { return a.scheme == "https" || a.scheme == "http" }

// isScheme reports whether s is a URL scheme: a letter, then letters, digits, "+",
// "-", ".".
func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		isLetter := 'a' <= c && c <= 'z'
		if !isLetter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

// cutPort takes a port off. Not ok: what looks like one is no number.
func cutPort(hostport string) (string, bool) {
	colon := strings.LastIndexByte(hostport, ':')
	if colon < 0 || strings.HasSuffix(hostport, "]") {
		return hostport, true
	}
	port := hostport[colon+1:]
	return hostport[:colon], strings.Trim(port, "0123456789") == ""
}

// toASCII maps international names as browsers do; underscores, which real hosts
// have, pass.
var toASCII = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// normalizeHost brings a host to the form in which hosts are compared.
func normalizeHost(host string) (string, bool) {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		ip, err := netip.ParseAddr(host[1 : len(host)-1])
		return ip.WithZone("").String(), err == nil && ip.Is6()
	}
	if !isASCII(host) {
		var err error
		if host, err = toASCII.ToASCII(host); err != nil {
			return "", false
		}
	}
	host = strings.ToLower(strings.TrimRight(host, "."))
	if host == "" || len(host) > maxHostBytes || host[0] == '.' || strings.Contains(host, "..") {
		return "", false
	}
	for i := 0; i < len(host); i++ {
		c := host[i]
		if ('a' > c || c > 'z') && ('0' > c || c > '9') && c != '.' && c != '-' && c != '_' {
			return "", false
		}
	}
	return host, true
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// registrableDomain is the domain somebody registered: by the public suffix list
// (its private section included, so that two sites on github.io differ) the suffix
// and one label more. An IP address, a single label (localhost) and a public
// suffix itself are their own.
func registrableDomain(host string) string {
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// starForm is the host with its public suffix written "*", where that is com or a
// suffix of a country (de, co.uk, com.br); else "". It is what an entry such as
// "google.*" stands for.
func starForm(host string) string {
	suffix, icann := publicsuffix.PublicSuffix(host)
	isCountry := len(suffix)-strings.LastIndexByte(suffix, '.')-1 == 2
	if !icann || suffix == host || suffix != "com" && !isCountry {
		return ""
	}
	return host[:len(host)-len(suffix)] + "*"
}

// A domainSet is a set of hosts, each with its subdomains, and of app packages, by
// what a referrer of theirs is.
type domainSet map[string]ReferrerKind

// covers is what a referrer from the address is by the set, "" where neither its host
// nor a domain above it is there. A package has to be there whole.
func (s domainSet) covers(a address) ReferrerKind {
	for host := a.host; ; {
		if kind, ok := s[host]; ok {
			return kind
		}
		dot := strings.IndexByte(host, '.')
		if dot < 0 || a.isApp() {
			return ""
		}
		host = host[dot+1:]
	}
}

// compileInternal prepares the internal domains.
func (r *Rules) compileInternal(own, internal []string) error {
	r.internal = domainSet{}
	for _, list := range []struct {
		key     string
		kind    ReferrerKind
		domains []string
	}{{"internal_domains", ReferrerInternal, internal}, {"own_domains", ReferrerOwn, own}} {
		for i, d := range list.domains {
			host, err := parseDomain(d)
			if err != nil {
				return fmt.Errorf("%s[%d]: %w", list.key, i, err)
			}
			r.internal[host] = list.kind
		}
	}
	return nil
}

// parseDomain reads an entry of a list of domains.
func parseDomain(s string) (string, error) {
	host, ok := normalizeHost(event.Trim(s))
	if !ok {
		return "", fmt.Errorf("%q is no host name: write just the host, such as pay.example.com; it covers its subdomains", s)
	}
	if suffix, icann := publicsuffix.PublicSuffix(host); icann && suffix == host {
		return "", fmt.Errorf("%q is a public suffix and would cover everybody's sites: write the registered domain", s)
	}
	return host, nil
}
