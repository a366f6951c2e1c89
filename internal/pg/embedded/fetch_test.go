//go:build install

package embedded

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInstall fetches servers from the network: minutes and a hundred megabytes, so that
// only "make test-install" has it.
func TestInstall(t *testing.T) {
	for _, test := range []struct{ name, method, version string }{
		{"debian", MethodUnpack, ""},
		{"npm newest", MethodNPM, ""},
		{"npm oldest", MethodNPM, "14"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cache := folder(t)
			o := InstallOptions{Cache: cache, Version: test.version, Methods: []string{test.method}, Log: t.Logf}
			if test.method == MethodUnpack {
				o.statusFile = withoutPostgres(t, cache)
			}
			bin, err := Install(t.Context(), o)
			require.NoError(t, err)

			s := start(t, Options{Dir: filepath.Join(folder(t), "pg"), Binaries: bin})
			require.Equal(t, "UTC", query(t, s.URL("postgres"), "SHOW timezone"))
			require.Equal(t, "01:00:00", query(t, s.URL("postgres"),
				"SELECT ('2026-07-01 12:00 Europe/London'::timestamptz - '2026-07-01 12:00 Europe/Paris'::timestamptz)::text"))

			only(t, "")
			o.Methods = []string{}
			found, err := Locate(t.Context(), o)
			require.NoError(t, err, "found in the cache the next time")
			require.Equal(t, bin, found)
		})
	}
}

// withoutPostgres is dpkg's list of installed packages with PostgreSQL, libraries
// it needs, and all that depends on them struck out, as on a machine that never
// had it.
func withoutPostgres(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile("/var/lib/dpkg/status")
	require.NoError(t, err)
	gone := map[string]bool{"libpq5": true, "libxslt1.1": true, "libxml2": true}
	paragraphs := strings.Split(string(b), "\n\n")
	for before := -1; before != len(paragraphs); {
		before = len(paragraphs)
		paragraphs = slices.DeleteFunc(paragraphs, func(paragraph string) bool {
			name, rest, _ := strings.Cut(strings.TrimPrefix(paragraph, "Package: "), "\n")
			strike := gone[name] || strings.HasPrefix(name, "postgresql")
			for _, line := range strings.Split(rest, "\n") {
				if field, list, _ := strings.Cut(line, ": "); field == "Depends" || field == "Pre-Depends" {
					for _, word := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" ,|:", r) }) {
						strike = strike || gone[word]
					}
				}
			}
			gone[name] = strike
			return strike
		})
	}
	path := filepath.Join(dir, "status")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(paragraphs, "\n\n")), 0o644))
	return path
}
