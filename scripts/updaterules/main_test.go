package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lists are small lists, as published.
var lists = map[string]string{
	"SearchEngines.yml": `
Portal:
  - urls: [www.portal.example.com, 'search.portal.example.com']
    params: [q]
Finder!:
  - urls: [www.finder.com, 'finder.{}', '{}.finder.com', finder.com/images]
    hiddenkeyword: ['/']
  - urls: [com.finder.android, tieba.baidu.com]
    hiddenkeyword: ['/']
Keyword:
  - urls: [keyword.org]
    params: [q]
`,
	"Socials.yml":      "Google%2B:\n  - plus.google.com \n  - com.google.plus\nTwice:\n  - twice.org\n  - twice.org\nIt's:\n  - its.org\n",
	"AIAssistants.yml": "Chat:\n  - chat.org\n  - x.com/i/chat\n",
}

func ofLists(url string) ([]byte, error) {
	text, ok := lists[path.Base(url)]
	if !ok {
		return nil, os.ErrNotExist
	}
	return []byte(text), nil
}

func TestHostsAreWrittenAsOurRulesAre(t *testing.T) {
	text, err := readHosts(ofLists)
	require.NoError(t, err)
	_, hosts, _ := strings.Cut(text, "\nhosts:\n")
	assert.Equal(t, `  - {name: 'portal', category: search, exact: [search.portal.example.com]}
  - {name: 'finder!', category: search, hosts: [finder.com], exact: [finder.com, www.finder.com, finder.*, www.finder.*]}
  - {name: 'google+', category: social, hosts: [plus.google.com]}
  - {name: 'twice', category: social, hosts: [twice.org]}
  - {name: 'it''s', category: social, hosts: [its.org]}
  - {name: 'chat', category: ai, hosts: [chat.org]}
`, hosts)
	assert.Contains(t, text, "SearchEngines.yml at ")
}

func TestAListThatIsNoneIsAnError(t *testing.T) {
	_, err := readHosts(func(string) ([]byte, error) { return []byte("404 Not Found"), nil })
	assert.ErrorContains(t, err, "its layout has changed")
	_, err = readHosts(func(string) ([]byte, error) { return []byte("A: 1\n"), nil })
	assert.ErrorContains(t, err, "SearchEngines.yml: A")
}

func TestAPackageThatIsAnotherIsAnError(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, path.Base(crawlersURL)), []byte("not what was published"), 0o600))
	assert.ErrorContains(t, update(fetcher(folder), folder), "its sha512 differs")
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, left, 1, fmt.Sprint("nothing is written: ", left))
}
