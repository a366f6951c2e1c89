package rules_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/attribution-dev/attribution/rules"
)

func TestEveryFileStatesItsSubjectSourceAndLicence(t *testing.T) {
	names, err := fs.Glob(rules.Files, "*.yaml")
	require.NoError(t, err)
	require.Len(t, names, 9)
	listed, err := fs.Glob(rules.Files, "third_party/*.yaml")
	require.NoError(t, err)
	require.Len(t, listed, 2)
	for _, name := range append(names, listed...) {
		text, err := rules.Files.ReadFile(name)
		require.NoError(t, err)
		var header rules.Header // not strict: the rest of the file is its own
		require.NoError(t, yaml.Unmarshal(text, &header))
		assert.NotEmpty(t, header.About, "%s: about", name)
		assert.NotEmpty(t, header.Source, "%s: source", name)
		assert.NotEmpty(t, header.Licence, "%s: licence", name)
	}
}

// TestPublicListsAreAsTheyWereTaken: each file of third_party is what scripts/updaterules
// wrote, and says under which licence, whose text stands beside it.
func TestPublicListsAreAsTheyWereTaken(t *testing.T) {
	sums, err := os.ReadFile("third_party/SHA256SUMS")
	require.NoError(t, err)
	made := map[string]bool{"SHA256SUMS": true, "LICENSE.matomo": true}
	for line := range strings.Lines(string(sums)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		require.True(t, ok, line)
		text, err := os.ReadFile("third_party/" + name)
		require.NoError(t, err)
		assert.Equal(t, sum, fmt.Sprintf("%x", sha256.Sum256(text)), "%s was changed by hand: change rules/hosts.yaml, a rules file or scripts/updaterules", name)
		made[name] = true
	}
	files, err := os.ReadDir("third_party")
	require.NoError(t, err)
	require.Len(t, files, len(made))
	for _, f := range files {
		assert.True(t, made[f.Name()], f.Name())
	}
	for name, licence := range map[string][2]string{
		"third_party/hosts.yaml":    {"LICENSE.matomo", "CC0 1.0 Universal"},
		"third_party/crawlers.yaml": {"LICENSE.crawler-user-agents", "The MIT License (MIT)"},
	} {
		text, err := rules.Files.ReadFile(name)
		require.NoError(t, err)
		var header rules.Header
		require.NoError(t, yaml.Unmarshal(text, &header))
		assert.Contains(t, header.Licence, licence[0], name)
		words, err := os.ReadFile("third_party/" + licence[0])
		require.NoError(t, err)
		assert.Contains(t, string(words), licence[1], name)
	}
}

func TestDefaultLists(t *testing.T) {
	assert.Equal(t, []string{"null", "undefined", "none", "anonymous", "-1", "0", "00000000-0000-0000-0000-000000000000"}, rules.Blocked())
	assert.Equal(t, []string{`^https?://blog\.`, `^https?://[^/]+/blogs?(/|$)`}, rules.BlogPatterns())
	assert.Subset(t, rules.InternalDomains(), []string{"checkout.stripe.com", "paypal.com", "pay.google.com", "accounts.google.com"})
	assert.NotContains(t, rules.InternalDomains(), "google.com")
}

func TestReadIsStrict(t *testing.T) {
	var header rules.Header
	assert.ErrorContains(t, rules.Read("blocked.yaml", &header), `rules/blocked.yaml: line 6: unknown key "blocked"`)
	assert.ErrorContains(t, rules.Read("none.yaml", &header), "rules/none.yaml")
	assert.ErrorContains(t, rules.Decode("x.yaml", []byte("about: a\nabout: b\n"), &header), "x.yaml: line 2")
}
