package channel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/attribution-dev/attribution/internal/event"
)

// searchCategory is the category whose sites give their name as source, with the
// medium "organic".
const searchCategory = "search"

// sites finds the entry of hosts.yaml that a host, package or source belongs to.
// Keys of hosts may end in ".*", as starForm writes.
type sites struct {
	hosts map[string]*site // with subdomains
	exact map[string]*site // without
	apps  map[string]*site
	names map[string]*site // names and aliases, as in utm_source
}

// compileSites prepares the sites. Those of the public lists are known by their hosts
// alone: their names are words that a utm_source may mean otherwise ("free", "ask").
func (r *Rules) compileSites(d data) (err error) {
	_, asked := d.categories()
	if r.sites, err = newSites(d.Hosts, asked); err != nil {
		return err
	}
	r.listed, err = newSites(d.listed, asked)
	r.listed.names = nil
	return err
}

// newSites indexes sites. Of two entries of one file for one key neither could be
// relied on, so that is an error; a user's entry takes a shipped one's place. asked are
// the categories that may be.
func newSites(list []site, asked []string) (sites, error) {
	s := sites{hosts: map[string]*site{}, exact: map[string]*site{}, apps: map[string]*site{}, names: map[string]*site{}}
	for i := range list {
		h := &list[i]
		switch {
		case h.Name == "":
			return s, fmt.Errorf("%s: no name: name the site", h.at)
		case h.Category == "":
			return s, fmt.Errorf("%s: no category: use one of %s", h.at, strings.Join(asked, ", "))
		case !slices.Contains(asked, h.Category):
			return s, fmt.Errorf("%s: no channel rule asks for category %q: use one of %s, or add a rule", h.at, h.Category, strings.Join(asked, ", "))
		}
		for _, list := range []struct {
			key       string
			values    []string
			into      map[string]*site
			normalize func(string) (string, error)
		}{
			{"hosts", h.Hosts, s.hosts, parseHostEntry},
			{"exact", h.Exact, s.exact, parseHostEntry},
			{"apps", h.Apps, s.apps, parseName},
			{"aliases", append([]string{h.Name}, h.Aliases...), s.names, parseName},
		} {
			for _, v := range list.values {
				key, err := list.normalize(v)
				if err != nil {
					return s, fmt.Errorf("%s: %s: %w", h.at, list.key, err)
				}
				if other, ok := list.into[key]; ok && other.user == h.user {
					return s, fmt.Errorf("%s: %s: %q is listed before, in %s: keep one", h.at, list.key, v, other.at)
				}
				list.into[key] = h
			}
		}
		if h.user {
			s.supersede(h)
		}
	}
	return s, nil
}

// supersede makes a user's host count over a shipped entry of the other kind
// (exact, or with subdomains) for the same text.
func (s *sites) supersede(h *site) {
	for _, v := range h.Hosts {
		key, _ := parseHostEntry(v)
		if e, ok := s.exact[key]; ok && !e.user {
			delete(s.exact, key)
		}
	}
}

// parseHostEntry reads an entry of hosts or exact: a host, or one ending in ".*".
func parseHostEntry(s string) (string, error) {
	if base, ok := strings.CutSuffix(s, ".*"); ok {
		host, ok := normalizeHost(event.Trim(base))
		if !ok {
			return "", fmt.Errorf("%q is no host: write such as example.* for example.com, example.de, example.co.uk", s)
		}
		return host + ".*", nil
	}
	return parseDomain(s)
}

// parseName reads a name, alias or package.
func parseName(s string) (string, error) {
	if s = fold(s); s == "" {
		return "", fmt.Errorf("an empty entry: remove it")
	}
	return s, nil
}

// ofHost is the site of a host: the longest entry that fits, nil where none does.
// Of entries equally long the one that names the suffix counts.
func (s *sites) ofHost(host string) *site {
	star := starForm(host)
	if e, ok := s.exact[host]; ok {
		return e
	}
	if e, ok := s.hosts[host]; ok {
		return e
	}
	if e, ok := s.exact[star]; ok {
		return e
	}
	for host != "" {
		if e, ok := s.hosts[host]; ok {
			return e
		}
		if e, ok := s.hosts[star]; ok {
			return e
		}
		_, host, _ = strings.Cut(host, ".")
		_, star, _ = strings.Cut(star, ".")
	}
	return nil
}

// siteOfAddress is the site of a referrer, nil where none is known.
func (r *Rules) siteOfAddress(a address) *site {
	if s := r.sites.ofAddress(a); s != nil {
		return s
	}
	return r.listed.ofAddress(a)
}

// siteOfSource is the site a source names, nil where none is known.
func (r *Rules) siteOfSource(source string) *site {
	if s := r.sites.ofSource(source); s != nil {
		return s
	}
	return r.listed.ofSource(source)
}

// ofAddress is the site of a referrer.
func (s *sites) ofAddress(a address) *site {
	if a.isApp() {
		return s.apps[a.host]
	}
	return s.ofHost(a.host)
}

// ofSource is the site a source names: by name or alias, package, or host.
func (s *sites) ofSource(source string) *site {
	if source == "" {
		return nil
	}
	if e, ok := s.names[source]; ok {
		return e
	}
	if e, ok := s.apps[source]; ok {
		return e
	}
	if !strings.Contains(source, ".") {
		return nil
	}
	if host, ok := normalizeHost(source); ok {
		return s.ofHost(host)
	}
	return nil
}

// meaning is what each key says, for the fingerprint.
func (s *sites) meaning() map[string]string {
	m := map[string]string{}
	for kind, keys := range map[string]map[string]*site{"host": s.hosts, "exact": s.exact, "app": s.apps, "name": s.names} {
		for key, e := range keys {
			m[kind+" "+key] = e.Category + " " + e.Name
		}
	}
	return m
}
