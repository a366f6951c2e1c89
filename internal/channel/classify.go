package channel

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A channelRule gives its channel to evidence that any of its conditions fits.
type channelRule struct {
	channel string
	at      string // file and key
	when    []condition
}

// A condition fits what all its non-nil parts fit.
type condition struct {
	category string
	paid     *bool
	asks     string // the parts as the file has them

	source, medium, campaign, clickID, landingPage, referrer *regexp.Regexp
}

// A paidMedium is a pattern of paid media.
type paidMedium struct {
	*regexp.Regexp
	pattern, at string
}

// compilePaid prepares the paid media.
func (r *Rules) compilePaid(d data) error {
	for i, p := range d.Paid {
		re, err := compilePattern(p)
		if err != nil {
			return fmt.Errorf("%s: %w", d.paidFiles[i], err)
		}
		r.paid = append(r.paid, paidMedium{re, p, d.paidFiles[i]})
	}
	return nil
}

// compileChannels prepares the channel rules.
func (r *Rules) compileChannels(d data) error {
	ofHosts, _ := d.categories()
	for _, c := range d.Channels {
		if c.Channel == "" || len(c.When) == 0 {
			return fmt.Errorf("%s: channel and when are both required: name the channel and give it a condition", c.at)
		}
		if strings.HasPrefix(c.Channel, "(") {
			return fmt.Errorf("%s: a channel's name cannot begin with a parenthesis: (null) and the like mean something else where credit is shared", c.at)
		}
		rule := channelRule{channel: c.Channel, at: c.at}
		for i, w := range c.When {
			at := fmt.Sprintf("%s: when[%d]", c.at, i)
			if w == (conditionData{}) {
				return fmt.Errorf("%s: empty, it would fit everything: give it a condition", at)
			}
			if w.Category != "" && !slices.Contains(ofHosts, w.Category) {
				return fmt.Errorf("%s: no host has category %q: use one of %s, or add hosts", at, w.Category, strings.Join(ofHosts, ", "))
			}
			cond := condition{category: w.Category, paid: w.Paid, asks: w.String()}
			for _, p := range []struct {
				key, pattern string
				into         **regexp.Regexp
			}{
				{"source", w.Source, &cond.source},
				{"medium", w.Medium, &cond.medium},
				{"campaign", w.Campaign, &cond.campaign},
				{"click_id", w.ClickID, &cond.clickID},
				{"landing_page", w.LandingPage, &cond.landingPage},
				{"referrer", w.Referrer, &cond.referrer},
			} {
				if p.pattern == "" {
					continue
				}
				re, err := compilePattern(p.pattern)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", at, p.key, err)
				}
				*p.into = re
			}
			r.asksURLs = r.asksURLs || cond.landingPage != nil || cond.referrer != nil
			rule.when = append(rule.when, cond)
		}
		r.channels = append(r.channels, rule)
	}
	return nil
}

// compilePattern compiles a pattern of a rules file, ignoring case.
func compilePattern(p string) (*regexp.Regexp, error) {
	if p == "" {
		return nil, fmt.Errorf("an empty pattern would fit everything: remove it")
	}
	re, err := regexp.Compile("(?i:" + p + ")")
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w: correct it (RE2 syntax)", p, err)
	}
	return re, nil
}

// Classify resolves tags to evidence: their fields as they are, the channel of the
// first rule that fits, and whether they are paid. The page URL and referrer of the
// event serve only rules that ask for landing_page or referrer, which no shipped
// rule does; they never fill a field that the tags leave absent.
func (r *Rules) Classify(t Tags, pageURL, referrer string) Evidence {
	if r.asksURLs || t.size() > maxRememberedTags {
		return r.classify(t, pageURL, referrer)
	}
	if e, ok := r.resolved.get(t); ok {
		return e
	}
	t = t.clone()
	e := r.classify(t, pageURL, referrer)
	r.resolved.put(t, e)
	return e
}

// maxRememberedTags is the most bytes that a set of tags may have to be remembered
// with its evidence. Few real ones have more. Source: ours.
const maxRememberedTags = 512

// classify is Classify without memory.
func (r *Rules) classify(t Tags, pageURL, referrer string) Evidence {
	return r.resolve(Evidence{
		Source: t.Source, Medium: t.Medium, Campaign: t.Campaign, Term: t.Term, Content: t.Content, ClickID: t.ClickID,
	}, r.categoryOf(t.Source), pageURL, referrer)
}

// categoryOf is the category of the site a source names, "" for none.
func (r *Rules) categoryOf(source string) string {
	if s := r.siteOfSource(source); s != nil {
		return s.Category
	}
	return ""
}

// Direct is what a touch without evidence gets: source "(direct)", medium
// "(none)", channel "Direct", unpaid. No rule changes that.
func (r *Rules) Direct() Evidence {
	return Evidence{Source: DirectSource, Medium: DirectMedium, Channel: DirectChannel}
}

// resolve adds IsPaid and Channel.
func (r *Rules) resolve(e Evidence, category, pageURL, referrer string) Evidence {
	e.IsPaid = r.paidIDs[e.ClickID] || r.paidBy(e.Medium) != nil
	e.Channel = UnassignedChannel
	if rule, _ := r.firing(&e, category, pageURL, referrer); rule != nil {
		e.Channel = rule.channel
	}
	return e
}

// paidBy is the pattern that makes a medium a paid one, nil for none.
func (r *Rules) paidBy(medium string) *paidMedium {
	if medium == "" {
		return nil
	}
	for i := range r.paid {
		if r.paid[i].MatchString(medium) {
			return &r.paid[i]
		}
	}
	return nil
}

// firing is the first rule that fits, and which of its conditions does; nil for none.
func (r *Rules) firing(e *Evidence, category, pageURL, referrer string) (*channelRule, int) {
	for i := range r.channels {
		for j := range r.channels[i].when {
			if r.channels[i].when[j].fits(e, category, pageURL, referrer) {
				return &r.channels[i], j
			}
		}
	}
	return nil, 0
}

// fits reports whether every part of the condition holds. Cheap parts come first.
func (c *condition) fits(e *Evidence, category, pageURL, referrer string) bool {
	return (c.category == "" || c.category == category) &&
		(c.paid == nil || *c.paid == e.IsPaid) &&
		(c.medium == nil || c.medium.MatchString(e.Medium)) &&
		(c.source == nil || c.source.MatchString(e.Source)) &&
		(c.campaign == nil || c.campaign.MatchString(e.Campaign)) &&
		(c.clickID == nil || c.clickID.MatchString(e.ClickID)) &&
		(c.landingPage == nil || c.landingPage.MatchString(pageURL)) &&
		(c.referrer == nil || c.referrer.MatchString(referrer))
}
