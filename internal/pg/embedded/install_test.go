package embedded

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// envInstall, when "1", lets TestInstall fetch servers from the network: minutes
// and a hundred megabytes, so "make test-install" alone sets it.
const envInstall = "ATTRIBUTION_TEST_INSTALL"

func TestInstall(t *testing.T) {
	if os.Getenv(envInstall) != "1" {
		t.Skip("skip ok: fetching servers is for make test-install")
	}
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

func TestInstallSaysWhatWasTried(t *testing.T) {
	dir := folder(t)
	only(t, "") // neither apt-get nor npm
	_, err := Install(t.Context(), InstallOptions{Cache: dir, Version: "16", Log: t.Logf, Methods: []string{MethodPackage, MethodUnpack, MethodNPM, "magic"}})
	require.ErrorContains(t, err, "no PostgreSQL server (version 16) could be got:")
	require.ErrorContains(t, err, "unpack: not possible here: there is no apt-get")
	require.ErrorContains(t, err, "npm: not possible here: there is no npm")
	require.ErrorContains(t, err, `magic: unknown method "magic"`)
	require.ErrorContains(t, err, "install one so that initdb and postgres lie in PATH")
	entries, err := filepath.Glob(filepath.Join(dir, "fetching-*"))
	require.NoError(t, err)
	require.Empty(t, entries, "nothing half done is left")
}

func TestCacheThatCannotBeMade(t *testing.T) {
	file := filepath.Join(folder(t), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Install(t.Context(), InstallOptions{Cache: filepath.Join(file, "cache")})
	require.ErrorContains(t, err, "not a directory")
}

func TestRootsClosedCacheGivesWay(t *testing.T) {
	needRoot(t)
	home := filepath.Join(folder(t), "home")
	require.NoError(t, os.Mkdir(home, 0o700))
	dir, err := InstallOptions{Cache: filepath.Join(home, "x/y")}.cache()
	require.NoError(t, err)
	require.Equal(t, "/var/cache/attribution", dir)
}

func TestUnpackable(t *testing.T) {
	plan := `NOTE: This is only a simulation!
Inst perl (5.36.0-7 Debian:12 [amd64])
Inst libc6 (2.36 Debian:12 [amd64])
Inst libjson-perl (4.1 Debian:12 [all])
Inst libgcc-s1 (12 Debian:12 [amd64])
Inst libpq5 (15.13 Debian:12 [amd64])
Inst libxml2:amd64 [2.9.14] (2.9.15 Debian:12 [amd64])
Inst libllvm14 (14.0 Debian:12 [amd64])
Inst ssl-cert (1.1 Debian:12 [all])
Inst postgresql-client-common (248 Debian:12 [all])
Inst postgresql-client-15 (15.13 Debian:12 [amd64])
Inst postgresql-common (248 Debian:12 [all])
Inst postgresql-15 (15.13 Debian:12 [amd64])
Conf libpq5 (15.13 Debian:12 [amd64])
`
	require.Equal(t, []string{"libpq5", "libxml2", "postgresql-client-15", "postgresql-15"}, unpackable(plan, "postgresql-15"))
}

func TestNewest(t *testing.T) {
	versions := []string{"13.9.0-beta.1", "14.3.0-alpha.14", "15.5.1-beta.11", "15.10.0-beta.2", "15.10.0-beta.10", "16.0.0-beta.9", "18.0.0-rc1", "19.0.0-beta.1", "beta"}
	for want, expected := range map[string]string{"": "16.0.0-beta.9", "15": "15.10.0-beta.10", "14": "", "13": "", "19": ""} {
		version, _ := newest(versions, want)
		require.Equal(t, expected, version, want)
	}
}

func TestHydrateStaysInside(t *testing.T) {
	dir := folder(t)
	require.NoError(t, hydrate(dir), "no list, no links")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "native/lib"), 0o755))
	list := filepath.Join(dir, "native/pg-symlinks.json")
	require.NoError(t, os.WriteFile(list, []byte(`[{"source":"native/lib/libpq.so.5.16","target":"native/lib/libpq.so.5"}]`), 0o644))
	require.NoError(t, hydrate(dir))
	to, err := os.Readlink(filepath.Join(dir, "native/lib/libpq.so.5"))
	require.NoError(t, err)
	require.Equal(t, "libpq.so.5.16", to)
	require.NoError(t, os.WriteFile(list, []byte(`[{"source":"native/x","target":"../../etc/x"}]`), 0o644))
	require.ErrorContains(t, hydrate(dir), "link outside the package")
}

func TestLibraryPath(t *testing.T) {
	root := folder(t)
	for _, file := range []string{"usr/lib/x86_64-linux-gnu/libpq.so.5", "usr/lib/postgresql/15/bin/postgres", "usr/lib/readme"} {
		require.NoError(t, writeFile(filepath.Join(root, file), strings.NewReader(""), 0o644))
	}
	bin := filepath.Join(root, "usr/lib/postgresql/15/bin")
	require.Empty(t, libraryPath(bin))
	require.NoError(t, writeLibraryPath(root, "usr/lib/postgresql/15/bin"))
	require.Equal(t, filepath.Join(root, "usr/lib/x86_64-linux-gnu"), libraryPath(bin))
}

func TestNoServiceLeavesNoTrace(t *testing.T) {
	root := folder(t)
	policy := filepath.Join(root, "usr/sbin/policy-rc.d")
	cluster := filepath.Join(root, "etc/postgresql-common/createcluster.d/attribution.conf")
	undo, err := noService(root)
	require.NoError(t, err)
	require.FileExists(t, policy)
	require.FileExists(t, cluster)
	undo()
	require.NoFileExists(t, policy)
	require.NoDirExists(t, filepath.Dir(cluster))

	require.NoError(t, os.MkdirAll(filepath.Dir(policy), 0o755))
	require.NoError(t, os.WriteFile(policy, []byte("mine"), 0o755))
	undo, err = noService(root)
	require.NoError(t, err)
	undo()
	kept, err := os.ReadFile(policy)
	require.NoError(t, err)
	require.Equal(t, "mine", string(kept))
}
