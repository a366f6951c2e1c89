package rules_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/attribution-dev/attribution/rules"
)

func TestEveryFileStatesItsSubjectSourceAndLicence(t *testing.T) {
	names, err := fs.Glob(rules.Files, "*.yaml")
	require.NoError(t, err)
	require.Len(t, names, 8)
	for _, name := range names {
		text, err := rules.Files.ReadFile(name)
		require.NoError(t, err)
		var header rules.Header // not strict: the rest of the file is its own
		require.NoError(t, yaml.Unmarshal(text, &header))
		assert.NotEmpty(t, header.About, "%s: about", name)
		assert.NotEmpty(t, header.Source, "%s: source", name)
		assert.NotEmpty(t, header.Licence, "%s: licence", name)
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
