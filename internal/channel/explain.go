package channel

import (
	"fmt"
	"strings"
)

// An Explanation is the evidence of one page view that begins a visit, and why it is
// that. Texts are "" where there is nothing to say.
type Explanation struct {
	Evidence

	// From says where each field of the tags came from: the campaign column, the
	// utm_* parameter, or the click id that implies it. All are "" without tags.
	From Origins

	// Referrer is what the referrer is to the page. Tags go before it.
	Referrer ReferrerKind

	// Site is the entry of the hosts that gave the category: file and key.
	Site string

	// Rule is the channel rule that fired, and which of its alternatives: file and
	// keys, counted from 0. Condition is that alternative as written.
	Rule, Condition string

	// Paid is what makes the evidence paid: file and key.
	Paid string

	// Misspelt are the parameters of the page URL that are not read and look much like
	// one that is, each with that one: "utm_soure" and "utm_source".
	Misspelt [][2]string
}

// Origins name what each field of a Tags was read from.
type Origins struct{ Source, Medium, Campaign, Term, Content string }

// Explain answers as Tags, Classify, Referral and Direct together do for an event that
// is a visit's only one, by the same steps, and says why.
func (r *Rules) Explain(c Campaign, pageURL, referrer string) Explanation {
	tags, from := r.explainTags(c, pageURL)
	o, kind := r.refer(pageURL, referrer)
	x := Explanation{From: from, Referrer: kind, Misspelt: misspelt(pageURL)}
	category := ""
	switch {
	case tags.IsTagged():
		x.Evidence = r.Classify(tags, pageURL, referrer)
		s := r.siteOfSource(tags.Source)
		x.Site, category = s.String(), r.categoryOf(tags.Source)
	case kind == ReferrerExternal:
		x.Evidence, _ = r.Referral(pageURL, referrer)
		x.Site, category = o.site.String(), o.category
	default:
		x.Evidence = r.Direct()
		return x
	}
	if rule, i := r.firing(&x.Evidence, category, pageURL, referrer); rule != nil {
		x.Rule = fmt.Sprintf("%s: when[%d]", rule.at, i)
		x.Condition = rule.when[i].asks
	}
	for _, id := range r.clickIDs {
		if id.Paid && id.Name == x.ClickID {
			x.Paid = id.at
		}
	}
	if p := r.paidBy(x.Medium); x.Paid == "" && p != nil {
		x.Paid = p.at + ": " + p.pattern
	}
	return x
}

// explainTags is Tags step by step, with what filled each field.
func (r *Rules) explainTags(c Campaign, pageURL string) (Tags, Origins) {
	var from Origins
	note := func(t *Tags, column func(field string) string) {
		for _, f := range []struct {
			name, value string
			into        *string
		}{
			{"source", t.Source, &from.Source},
			{"medium", t.Medium, &from.Medium},
			{"campaign", t.Campaign, &from.Campaign},
			{"term", t.Term, &from.Term},
			{"content", t.Content, &from.Content},
		} {
			if f.value != "" && *f.into == "" {
				*f.into = column(f.name)
			}
		}
	}
	t := r.readCampaign(c)
	note(&t, func(field string) string {
		if field == "campaign" {
			field = "name"
		}
		return CampaignColumnPrefix + field
	})
	click := r.readQuery(&t, queryOf(pageURL))
	note(&t, func(field string) string { return "utm_" + field })
	r.imply(&t, click)
	note(&t, func(string) string { return t.ClickID })
	return t, from
}

// misspelt are the parameters of a URL that were likely meant to be others.
func misspelt(pageURL string) (all [][2]string) {
	for q := queryOf(pageURL); q != ""; {
		var name string
		name, _, q = q.next()
		field, isUTM := strings.CutPrefix(strings.ToLower(name), "utm_")
		if likely, ok := MisspeltCampaignColumn(CampaignColumnPrefix + field); ok && isUTM && field != "campaign" {
			likely = strings.Replace(strings.TrimPrefix(likely, CampaignColumnPrefix), "name", "campaign", 1)
			all = append(all, [2]string{name, "utm_" + likely})
		}
	}
	return all
}

// IsPage reports whether a URL can be a page's: absolute, http or https, with a host.
func IsPage(url string) bool {
	a, ok := parseAddress(url)
	return ok && a.isWeb()
}
