package channel

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// A blogPattern is a regular expression with a text that all it matches contain,
// by which most pages are told apart without it.
type blogPattern struct {
	re      *regexp.Regexp
	literal string
}

// compileBlog prepares the blog patterns.
func (r *Rules) compileBlog(patterns []string) error {
	for i, p := range patterns {
		re, err := regexp.Compile(p)
		switch {
		case err != nil:
			return fmt.Errorf("blog_patterns[%d]: %q is no regular expression: %w: correct it (RE2 syntax)", i, p, err)
		case p == "":
			return fmt.Errorf("blog_patterns[%d]: an empty pattern would make every page a blog page: remove it", i)
		}
		parsed, err := syntax.Parse(p, syntax.Perl)
		if err != nil {
			return fmt.Errorf("blog_patterns[%d]: %q: %w", i, p, err)
		}
		r.blog = append(r.blog, blogPattern{re: re, literal: requiredLiteral(parsed)})
	}
	return nil
}

// IsBlog reports whether any of Options.BlogPatterns matches the page URL as sent.
// An absent page URL is no blog page.
func (r *Rules) IsBlog(pageURL string) bool {
	if pageURL == "" {
		return false
	}
	for i := range r.blog {
		if p := &r.blog[i]; strings.Contains(pageURL, p.literal) && p.re.MatchString(pageURL) {
			return true
		}
	}
	return false
}

// requiredLiteral is the longest text found that is in everything re matches, or "".
func requiredLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiteral(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiteral(re.Sub[0])
		}
	case syntax.OpConcat:
		longest := ""
		for _, sub := range re.Sub {
			if l := requiredLiteral(sub); len(l) > len(longest) {
				longest = l
			}
		}
		return longest
	}
	return ""
}
