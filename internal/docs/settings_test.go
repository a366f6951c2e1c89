package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/config"
)

// settingsPage is the page with the table of settings.
const settingsPage = "docs/operations.md"

// settingRow is | `key` | `ATTRIBUTION_KEY` | default | meaning |.
var settingRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `([^`]+)` \\| ([^|]*) \\|")

// shipped are the defaults that are lists of rules/, by key.
var shipped = map[string]string{
	"identity.blocked": "rules/blocked.yaml", "internal_domains": "rules/internal_domains.yaml", "blog_patterns": "rules/blog_patterns.yaml",
}

// TestSettings: the table of settings has every key once, in order, with its
// variable and its default.
func TestSettings(t *testing.T) {
	t.Parallel()
	var want []string
	var visit func(v reflect.Value, key, variable string)
	visit = func(v reflect.Value, key, variable string) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name := key + f.Tag.Get("yaml")
			if f.Tag.Get("yaml") == "-" {
				continue
			}
			if nested, ok := f.Tag.Lookup("envPrefix"); ok {
				if f.Type.Kind() == reflect.Slice {
					visit(reflect.Zero(f.Type.Elem()), name+"[].", variable+nested+"0_")
				} else {
					visit(v.Field(i), name+".", variable+nested)
				}
				continue
			}
			text := "`" + defaultText(v.Field(i).Interface()) + "`"
			if file := shipped[name]; file != "" {
				text = "[" + file + "](../" + file + ")"
			}
			want = append(want, fmt.Sprintf("| `%s` | `%s` | %s |", name, variable+f.Tag.Get("env"), text))
		}
	}
	visit(reflect.ValueOf(config.New()), "", config.Prefix)
	var have []string
	for _, m := range settingRow.FindAllStringSubmatch(section(t, settingsPage, "Settings"), -1) {
		have = append(have, fmt.Sprintf("| `%s` | `%s` | %s |", m[1], m[2], m[3]))
	}
	require.Equal(t, strings.Join(want, "\n"), strings.Join(have, "\n"), "the settings table of %s", settingsPage)
}

// defaultText writes a default as the YAML file would.
func defaultText(v any) string {
	switch v := v.(type) {
	case time.Duration:
		text := v.String()
		for _, zero := range []string{"m0s", "h0m"} {
			if strings.HasSuffix(text, zero) {
				text = strings.TrimSuffix(text, zero[1:])
			}
		}
		return text
	case config.Bytes:
		return fmt.Sprintf("%dGiB", v>>30)
	case map[string]time.Duration, map[string]float64:
		return "{}"
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	case string:
		if v == "" {
			return `""`
		}
		return v
	}
	return fmt.Sprint(v)
}

// TestYAML: the settings files shown are read without complaint, and so are the
// rules files ("yaml rules").
func TestYAML(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range append(pages(t), "rules/README.md") {
		for _, b := range blocks(read(t, page)) {
			if b.info != "yaml" && b.info != "yaml rules" {
				continue
			}
			found++
			if b.info == "yaml rules" || page == "rules/README.md" {
				_, err := channel.New(channel.Options{RulesFile: []byte(b.text), RulesFileName: page})
				require.NoError(t, err, "%s:%d", page, b.line)
				continue
			}
			file := filepath.Join(t.TempDir(), "attribution.yaml")
			require.NoError(t, os.WriteFile(file, []byte(b.text), 0o600))
			_, err := config.Load(file, nil)
			require.NoError(t, err, "%s:%d", page, b.line)
		}
	}
	require.NotZero(t, found)
}
