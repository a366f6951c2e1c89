package docs_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// link is [text](target), also of an image.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range append(pages(t), "rules/README.md") {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, page)), -1) {
			target := m[1]
			if u, err := url.Parse(target); err != nil || u.Scheme != "" {
				if err != nil {
					t.Errorf("%s: link %q: %v", page, target, err)
				}
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			where := page
			if file != "" {
				where = path.Join(path.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(root, where)); err != nil {
				t.Errorf("%s: link to %s, which is not there", page, target)
				continue
			}
			if anchor != "" && !anchors(read(t, where))[anchor] {
				t.Errorf("%s: link to %s: no such heading", page, target)
			}
		}
	}
}

// anchors are the headings of a page as links name them.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, line := range strings.Split(prose(page), "\n") {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		all[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return r
			}
			return -1
		}, title)] = true
	}
	return all
}
