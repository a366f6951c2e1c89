package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
	"gopkg.in/yaml.v3"
)

// A hostList is a file of sites of one category.
type hostList struct{ category, url string }

// A listed is a site as it is to be written.
type listed struct {
	name         string
	hosts, exact []string
}

// readHosts fetches the lists and writes them as rules/hosts.yaml is written.
func readHosts(get fetch) (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, `about: Sites of public lists. rules/hosts.yaml is asked first; these are asked where it knows nothing. They are known by their hosts alone, not by their names.
source: matomo-org/searchengine-and-social-list, %s
licence: CC0 1.0, see LICENSE.matomo

# Written by scripts/updaterules. Of the search engines those hosts are taken from which a visit is a search
# whatever its referrer says else: the list counts them without a keyword ("hiddenkeyword"), or a part of the host is a
# word for search. Of the others (portals, directories) only a keyword tells, and browsers do not send it any more.
# Addresses with a path, and apps, are left out.
hosts:
`, strings.Join(versions(), ", "))
	seen := map[string]bool{}
	for _, list := range hostLists {
		text, err := get(list.url)
		if err != nil {
			return "", err
		}
		var file yaml.Node
		if err := yaml.Unmarshal(text, &file); err != nil {
			return "", fmt.Errorf("%s: %w", list.url, err)
		}
		if len(file.Content) != 1 || file.Content[0].Kind != yaml.MappingNode {
			return "", fmt.Errorf("%s is no list of sites by name: its layout has changed", list.url)
		}
		sites := file.Content[0].Content // name, definition, name, …
		for i := 0; i+1 < len(sites); i += 2 {
			site := listed{name: sites[i].Value}
			if list.category == "search" {
				err = site.addEngine(sites[i+1], seen)
			} else {
				err = site.addHosts(sites[i+1], seen)
			}
			if err != nil {
				return "", fmt.Errorf("%s: %s: %w", list.url, site.name, err)
			}
			out.WriteString(site.line(list.category))
		}
	}
	return out.String(), nil
}

// versions are the files' commits.
func versions() (all []string) {
	for _, l := range hostLists {
		all = append(all, path.Base(l.url)+" at "+path.Base(path.Dir(l.url))[:12])
	}
	return all
}

// searchWord is a part of a host that says that it searches.
var searchWord = regexp.MustCompile(`(^|\.)(busca|buscador|pesquisa|recherche|ricerca|search|suche|szukaj)\.`)

// noSearch are hosts the list counts as search, and which are none: a forum, questions and
// answers, news.
var noSearch = map[string]bool{"tieba.baidu.com": true, "zhidao.baidu.com": true, "news.baidu.com": true}

// addEngine adds the hosts of a search engine, without their subdomains but for www, as
// its list means them; "{}.x" stands for countries' subdomains.
func (s *listed) addEngine(definitions *yaml.Node, seen map[string]bool) error {
	var all []struct {
		URLs          []string `yaml:"urls"`
		HiddenKeyword []string `yaml:"hiddenkeyword"`
	}
	if err := definitions.Decode(&all); err != nil {
		return err
	}
	for _, d := range all {
		for _, u := range d.URLs {
			if len(d.HiddenKeyword) == 0 && !searchWord.MatchString(u) {
				continue
			}
			u = strings.TrimPrefix(u, "www.")
			name, withSubdomains := strings.CutPrefix(u, "{}.")
			host, ok := hostOf(name)
			switch {
			case !ok || seen[u] || noSearch[u]:
			case withSubdomains:
				s.hosts = append(s.hosts, host)
			default:
				s.exact = append(s.exact, host)
				if isRegistered(host) {
					s.exact = append(s.exact, "www."+host)
				}
			}
			seen[u] = true
		}
	}
	return nil
}

// addHosts adds the hosts of any other site, each with its subdomains.
func (s *listed) addHosts(urls *yaml.Node, seen map[string]bool) error {
	var all []string
	if err := urls.Decode(&all); err != nil {
		return err
	}
	for _, u := range all {
		if host, ok := hostOf(u); ok && !seen[host] {
			s.hosts, seen[host] = append(s.hosts, host), true
		}
	}
	return nil
}

// hostOf writes an address of a list as rules/hosts.yaml has hosts. Not ok: it has a
// path, or is an app's package.
func hostOf(u string) (string, bool) {
	host := strings.ReplaceAll(u, "{}", "*")
	if strings.HasPrefix(host, "com.") || strings.HasSuffix(host, ".android") {
		return "", false
	}
	if _, known := publicsuffix.PublicSuffix(plain(host)); !known || strings.ContainsAny(host, "/: ") {
		return "", false
	}
	return host, true
}

// isRegistered reports whether nothing stands before the registered domain.
func isRegistered(host string) bool {
	domain, err := publicsuffix.EffectiveTLDPlusOne(plain(host))
	return err == nil && domain == plain(host)
}

// plain puts com for all suffixes.
func plain(host string) string {
	if base, all := strings.CutSuffix(host, ".*"); all {
		return base + ".com"
	}
	return host
}

// line is the site as an entry, "" where nothing is left of it.
func (s *listed) line(category string) string {
	if len(s.hosts)+len(s.exact) == 0 {
		return ""
	}
	entry := fmt.Sprintf("  - {name: %s, category: %s", quote(strings.ToLower(strings.ReplaceAll(s.name, "%2B", "+"))), category)
	for _, l := range []struct {
		key   string
		hosts []string
	}{{"hosts", s.hosts}, {"exact", s.exact}} {
		if len(l.hosts) > 0 {
			entry += fmt.Sprintf(", %s: [%s]", l.key, strings.Join(l.hosts, ", "))
		}
	}
	return entry + "}\n"
}
