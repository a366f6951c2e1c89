package embedded

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A checkout in root's home is closed to the server's account.
func TestClosedHome(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := filepath.Join(folder(t), "home")
	require.NoError(t, os.Mkdir(home, 0o700))
	dir := filepath.Join(home, "pg")
	s := start(t, Options{Dir: dir})
	execute(t, s.URL("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer")
	moved := s.DataDirectory()
	require.False(t, strings.HasPrefix(moved, home))
	require.NoError(t, s.Stop())

	s = start(t, Options{Dir: dir})
	require.Equal(t, moved, s.DataDirectory())
	require.Equal(t, "42", query(t, s.URL("postgres"), "SELECT answer::text FROM kept"))
	_, err := Start(t.Context(), Options{Dir: dir})
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.NoError(t, s.Stop())
	require.NoError(t, Remove(t.Context(), dir))
	require.NoDirExists(t, dir)
	require.NoDirExists(t, filepath.Dir(moved))
}

// Root runs the server as whoever owns the data; another user is told whose
// they are.
func TestDataOfAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.Atoi(nobody.Uid)
	require.NoError(t, err)
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Options{Dir: dir})
	require.NoError(t, s.Stop())
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	}))
	s = start(t, Options{Dir: dir})
	require.Equal(t, "nobody", s.account.name)
}

// TestAsOrdinaryUser runs all the tests of this package again as "nobody".
func TestAsOrdinaryUser(t *testing.T) {
	needRoot(t)
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	require.NoError(t, err)
	home := folder(t)
	binary, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	program := filepath.Join(home, "embedded.test")
	require.NoError(t, os.WriteFile(program, binary, 0o755))
	temp := filepath.Join(home, "t")
	require.NoError(t, os.Mkdir(temp, 0o700))
	require.NoError(t, os.Chown(temp, int(uid), int(uid)))

	cmd := exec.Command(program, "-test.v")
	cmd.Dir = temp
	cmd.Env = append(os.Environ(), "HOME="+temp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: TestServerDiesWithItsProcess")
}

// needRoot skips what only root can try.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("skip ok: needs root")
	}
}
