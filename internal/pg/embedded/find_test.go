package embedded

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeServer is a bin folder whose postgres says a version.
func fakeServer(t *testing.T, dir, version string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, program := range programs {
		script := "#!/bin/sh\necho '" + program + " (PostgreSQL) " + version + "'\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755))
	}
	return dir
}

// only makes PATH and the given patterns all that Find sees.
func only(t *testing.T, path string, patterns ...string) {
	t.Helper()
	t.Setenv("PATH", path)
	before := installed
	installed = patterns
	t.Cleanup(func() { installed = before })
}

func TestFindTakesTheNewestSupported(t *testing.T) {
	dir := folder(t)
	fakeServer(t, filepath.Join(dir, "13/bin"), "13.1")
	fakeServer(t, filepath.Join(dir, "14/bin"), "14.9 (Debian 14.9-1)")
	newest := fakeServer(t, filepath.Join(dir, "17/bin"), "17.2")
	fakeServer(t, filepath.Join(dir, "19/bin"), "19beta1")
	only(t, "", filepath.Join(dir, "*/bin"))

	bin, err := Find(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, newest, bin)

	bin, err = Find(t.Context(), "14")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "14/bin"), bin)

	_, err = Find(t.Context(), "16")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "wanted 16, saw PostgreSQL 13 in "+filepath.Join(dir, "13/bin"))
	_, err = Find(t.Context(), "13")
	require.ErrorIs(t, err, ErrNotFound, "too old")
}

func TestFindPrefersPathAmongEquals(t *testing.T) {
	dir := folder(t)
	fakeServer(t, filepath.Join(dir, "a"), "16.1")
	mine := fakeServer(t, filepath.Join(dir, "mine"), "16.0")
	only(t, mine, filepath.Join(dir, "a"))
	bin, err := Find(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, mine, bin)
}

func TestFindFollowsLinksAndPassesOverHalves(t *testing.T) {
	dir := folder(t)
	whole := fakeServer(t, filepath.Join(dir, "whole"), "15.1")
	links := filepath.Join(dir, "links")
	require.NoError(t, os.Mkdir(links, 0o755))
	require.NoError(t, os.Symlink(filepath.Join(whole, "postgres"), filepath.Join(links, "postgres")))
	half := fakeServer(t, filepath.Join(dir, "half"), "18.1")
	require.NoError(t, os.Remove(filepath.Join(half, "initdb")))
	broken := fakeServer(t, filepath.Join(dir, "broken"), "'; exit 1; echo '")
	only(t, half+":"+broken+"::"+links)
	bin, err := Find(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, whole, bin)
}

func TestFindNothing(t *testing.T) {
	only(t, "")
	_, err := Find(t.Context(), "")
	require.EqualError(t, err, "no PostgreSQL server found: wanted 14 to 18, saw none at all")
}

// As root, a server in a closed folder is of no use to the server's account.
func TestFindPassesOverClosedFolders(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	fakeServer(t, filepath.Join(dir, "closed/bin"), "18.1")
	require.NoError(t, os.Chmod(filepath.Join(dir, "closed"), 0o700))
	only(t, filepath.Join(dir, "closed/bin"))
	_, err := Find(t.Context(), "")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "closed is closed to it (mode 0700)")
}
