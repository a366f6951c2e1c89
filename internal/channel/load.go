package channel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/rules"
)

// data is the content of the rule files: of the shipped ones together, of a user's
// file, or of the user's laid over the shipped. An item knows the file it stands in.
type data struct {
	Absent   []string      `yaml:"absent_values"`
	ClickIDs []clickID     `yaml:"click_ids"`
	Paid     []string      `yaml:"paid_media"`
	Hosts    []site        `yaml:"hosts"`
	Channels []channelData `yaml:"channels"`
	Crawlers []string      `yaml:"crawlers"`

	// listed are the sites of the public lists in rules/third_party, asked where none of
	// Hosts fits.
	listed []site
	// paidFiles and crawlerFiles name the file of each entry of Paid and Crawlers.
	paidFiles, crawlerFiles []string
}

// A clickID is an entry of click_ids.yaml, described there.
type clickID struct {
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
	Medium string `yaml:"medium"`
	Paid   bool   `yaml:"paid"`

	at string // file and key, for errors
}

// A site is an entry of hosts.yaml, described there.
type site struct {
	Name     string   `yaml:"name"`
	Category string   `yaml:"category"`
	Hosts    []string `yaml:"hosts"`
	Exact    []string `yaml:"exact"`
	Apps     []string `yaml:"apps"`
	Aliases  []string `yaml:"aliases"`

	at   string
	user bool // from the user's file: may take the place of a shipped entry
}

// String is the site as the command shows it.
func (s *site) String() string {
	if s == nil {
		return ""
	}
	return s.Name + ", " + s.Category + ": " + s.at
}

// A channelData is a rule of channels.yaml, described there.
type channelData struct {
	Channel string          `yaml:"channel"`
	When    []conditionData `yaml:"when"`

	at string
}

// A conditionData is one alternative of a rule: all that is not empty must hold.
type conditionData struct {
	Category    string `yaml:"category"`
	Source      string `yaml:"source"`
	Medium      string `yaml:"medium"`
	Campaign    string `yaml:"campaign"`
	ClickID     string `yaml:"click_id"`
	LandingPage string `yaml:"landing_page"`
	Referrer    string `yaml:"referrer"`
	Paid        *bool  `yaml:"paid"`
}

// String is the alternative in one line, much as its file has it.
func (c conditionData) String() string {
	var parts []string
	for _, p := range []struct{ key, value string }{
		{"category", c.Category},
		{"source", c.Source},
		{"medium", c.Medium},
		{"campaign", c.Campaign},
		{"click_id", c.ClickID},
		{"landing_page", c.LandingPage},
		{"referrer", c.Referrer},
	} {
		if p.value != "" {
			parts = append(parts, p.key+": "+p.value)
		}
	}
	if c.Paid != nil {
		parts = append(parts, fmt.Sprintf("paid: %v", *c.Paid))
	}
	return strings.Join(parts, ", ")
}

// sections are the keys a user's file may list under "replace".
var sections = []string{"absent_values", "channels", "click_ids", "crawlers", "hosts", "paid_media"}

// loadRules reads the shipped rules and lays the user's file over them.
func loadRules(userName string, user []byte) (data, error) {
	shipped, err := readShipped()
	if err != nil {
		return data{}, err
	}
	var own struct {
		rules.Header `yaml:",inline"` // welcome, not required
		data         `yaml:",inline"`
		Replace      []string `yaml:"replace"`
	}
	if err := rules.Decode(userName, user, &own); err != nil {
		return data{}, err
	}
	for i, section := range own.Replace {
		if !slices.Contains(sections, section) {
			return data{}, fmt.Errorf("%s: replace[%d]: unknown section %q: use any of %s", userName, i, section, strings.Join(sections, ", "))
		}
		shipped.clear(section)
	}
	own.locate(userName)
	for i := range own.Hosts {
		own.Hosts[i].user = true
	}
	return shipped.overlay(own.data)
}

// readShipped reads every shipped file but the lists that are defaults of settings, once.
// What it returns is shared: to be laid over, never to be written to.
var readShipped = sync.OnceValues(func() (data, error) {
	listed, err := readListed()
	if err != nil {
		return data{}, err
	}
	all := data{listed: listed}
	for _, name := range []string{"absent_values.yaml", "click_ids.yaml", "paid_media.yaml", "hosts.yaml", "channels.yaml", "third_party/crawlers.yaml"} {
		var file struct {
			rules.Header `yaml:",inline"`
			data         `yaml:",inline"`
		}
		if err := rules.Read(name, &file); err != nil {
			return data{}, err
		}
		file.locate("rules/" + name)
		if all, err = all.overlay(file.data); err != nil {
			return data{}, err
		}
	}
	return all, nil
})

// listedHosts is the file of the sites of public lists, made by scripts/update-rules.
const listedHosts = "third_party/hosts.yaml"

// readListed reads the sites of public lists.
func readListed() ([]site, error) {
	var file struct {
		rules.Header `yaml:",inline"`
		data         `yaml:",inline"`
	}
	err := rules.Read(listedHosts, &file)
	file.locate("rules/" + listedHosts)
	return file.Hosts, err
}

// clear empties one of sections.
func (d *data) clear(section string) {
	switch section {
	case "absent_values":
		d.Absent = nil
	case "channels":
		d.Channels = nil
	case "click_ids":
		d.ClickIDs = nil
	case "crawlers":
		d.Crawlers, d.crawlerFiles = nil, nil
	case "hosts":
		d.Hosts, d.listed = nil, nil
	case "paid_media":
		d.Paid, d.paidFiles = nil, nil
	}
}

// locate notes in every item where it stands, and brings names to the form they
// are compared in.
func (d *data) locate(file string) {
	for i := range d.Absent {
		d.Absent[i] = fold(d.Absent[i])
	}
	for i := range d.ClickIDs {
		c := &d.ClickIDs[i]
		c.Name, c.Source, c.Medium = fold(c.Name), fold(c.Source), fold(c.Medium)
		c.at = fmt.Sprintf("%s: click_ids[%d] (%s)", file, i, c.Name)
	}
	for i := range d.Paid {
		d.paidFiles = append(d.paidFiles, fmt.Sprintf("%s: paid_media[%d]", file, i))
	}
	for i := range d.Crawlers {
		d.crawlerFiles = append(d.crawlerFiles, fmt.Sprintf("%s: crawlers[%d]", file, i))
	}
	for i := range d.Hosts {
		h := &d.Hosts[i]
		h.Name, h.Category = fold(h.Name), fold(h.Category)
		h.at = fmt.Sprintf("%s: hosts[%d] (%s)", file, i, h.Name)
	}
	for i := range d.Channels {
		c := &d.Channels[i]
		c.Channel = event.Trim(c.Channel)
		c.at = fmt.Sprintf("%s: channels[%d] (%s)", file, i, c.Channel)
	}
}

// overlay lays top over d: channel rules before, click ids of the same name in
// place and new ones before, everything else added behind (where, for hosts, the
// later entry wins).
func (d data) overlay(top data) (data, error) {
	if err := top.checkClickIDs(); err != nil {
		return data{}, err
	}
	over := map[string]clickID{}
	var fresh []clickID
	for _, c := range top.ClickIDs {
		if slices.ContainsFunc(d.ClickIDs, func(s clickID) bool { return s.Name == c.Name }) {
			over[c.Name] = c
		} else {
			fresh = append(fresh, c)
		}
	}
	kept := slices.Clone(d.ClickIDs)
	for i, c := range kept {
		if o, ok := over[c.Name]; ok {
			kept[i] = o
		}
	}
	return data{
		Absent:    slices.Concat(d.Absent, top.Absent),
		ClickIDs:  slices.Concat(fresh, kept),
		Paid:      slices.Concat(d.Paid, top.Paid),
		paidFiles: slices.Concat(d.paidFiles, top.paidFiles),
		Hosts:     slices.Concat(d.Hosts, top.Hosts),
		Crawlers:  slices.Concat(d.Crawlers, top.Crawlers),
		listed:    slices.Concat(d.listed, top.listed),

		crawlerFiles: slices.Concat(d.crawlerFiles, top.crawlerFiles),
		Channels:     slices.Concat(top.Channels, d.Channels),
	}, nil
}

// checkClickIDs refuses click ids that could never be met or would hide another.
func (d data) checkClickIDs() error {
	seen := map[string]bool{}
	for _, c := range d.ClickIDs {
		switch {
		case c.Name == "":
			return fmt.Errorf("%s: no name: give the query parameter's name", c.at)
		case len(c.Name) > maxParamName || strings.ContainsFunc(c.Name, func(r rune) bool { return r <= ' ' || r > '~' }):
			return fmt.Errorf("%s: no parameter's name: use at most %d ASCII characters without spaces", c.at, maxParamName)
		case utmFields[c.Name] != "":
			return fmt.Errorf("%s: %s is a campaign parameter, not a click id: remove it", c.at, c.Name)
		case seen[c.Name]:
			return fmt.Errorf("%s: listed twice: keep one", c.at)
		case c.Source == "" || c.Medium == "":
			return fmt.Errorf("%s: source and medium are both required: say what the click id implies", c.at)
		}
		seen[c.Name] = true
	}
	return nil
}

// categories are the categories hosts.yaml ships, and those the items of d add.
func (d data) categories() (ofHosts, ofRules []string) {
	hosts := map[string]bool{"ai": true, "email": true, "search": true, "shopping": true, "social": true, "video": true}
	asked := maps.Clone(hosts)
	for _, h := range d.Hosts {
		hosts[h.Category] = true
	}
	for _, c := range d.Channels {
		for _, w := range c.When {
			asked[w.Category] = true
		}
	}
	delete(hosts, "")
	delete(asked, "") // of conditions that do not ask
	return slices.Sorted(maps.Keys(hosts)), slices.Sorted(maps.Keys(asked))
}

// fold is the form in which sources, media and names are kept and compared.
func fold(s string) string { return strings.ToLower(event.Trim(s)) }
