package channel

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// A crawlerPattern is a pattern of crawlers.yaml. One without metacharacters has no re:
// its literal is all of it.
type crawlerPattern struct {
	literal string // in everything it fits
	re      *regexp.Regexp
	at      string // file and key
	pattern string
}

// literalKey is the length in bytes of what literals are found by.
const literalKey = 3

// crawlers are the patterns by the first bytes of a literal in them, so that of
// thousands a user agent is compared with the few it has something of.
type crawlers map[[literalKey]byte][]crawlerPattern

// compileCrawlers prepares the crawlers.
func (r *Rules) compileCrawlers(d data) error {
	r.crawlers = make(crawlers, len(d.Crawlers))
	for i, p := range d.Crawlers {
		if err := r.crawlers.add(p, d.crawlerFiles[i]); err != nil {
			return fmt.Errorf("%s: %w", d.crawlerFiles[i], err)
		}
	}
	return nil
}

// add adds a pattern, alternatives each by itself.
func (c crawlers) add(pattern, at string) error {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return fmt.Errorf("%q is no regular expression: %w: correct it (RE2 syntax)", pattern, err)
	}
	alternatives := []*syntax.Regexp{parsed}
	if parsed.Op == syntax.OpAlternate {
		alternatives = parsed.Sub
	}
	for _, a := range alternatives {
		p := crawlerPattern{literal: requiredLiteral(a), at: at, pattern: pattern}
		if len(p.literal) < literalKey {
			return fmt.Errorf("%q says too little: write at least %d letters in a row that every user agent meant has, in the case it has them", pattern, literalKey)
		}
		if a.Op != syntax.OpLiteral {
			if p.re, err = regexp.Compile(a.String()); err != nil {
				return fmt.Errorf("%q: %w", pattern, err)
			}
		}
		key := [literalKey]byte([]byte(p.literal))
		c[key] = append(c[key], p)
	}
	return nil
}

// IsCrawler reports whether a user agent is a crawler's, a monitor's or another program's:
// whether any pattern of the crawlers fits it. An absent user agent is no crawler's.
func (r *Rules) IsCrawler(userAgent string) bool { return r.crawlers.match(userAgent) != nil }

// ExplainCrawler says which pattern makes a user agent a crawler's, by file, key and
// text; "" where none does.
func (r *Rules) ExplainCrawler(userAgent string) string {
	p := r.crawlers.match(userAgent)
	if p == nil {
		return ""
	}
	return p.at + ": " + p.pattern
}

// match is a pattern that fits, nil for none.
func (c crawlers) match(userAgent string) *crawlerPattern {
	for i := 0; i+literalKey <= len(userAgent); i++ {
		candidates := c[[literalKey]byte([]byte(userAgent[i:i+literalKey]))]
		for j := range candidates {
			p := &candidates[j]
			if strings.HasPrefix(userAgent[i:], p.literal) && (p.re == nil || p.re.MatchString(userAgent)) {
				return p
			}
		}
	}
	return nil
}
