package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
