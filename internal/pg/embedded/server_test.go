package embedded

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// envChild makes this test binary start a server with the value as Dir (empty:
// a temporary one) and wait to be killed.
const envChild = "EMBEDDED_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir, ok := os.LookupEnv(envChild); ok {
		child(dir)
	}
	os.Exit(m.Run())
}

// child starts a server, says where it is, and waits until it is killed.
func child(dir string) {
	s, err := Start(context.Background(), Options{Dir: dir, Temporary: dir == "", Fast: true})
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString(strings.Join([]string{s.URL("postgres"), strconv.Itoa(s.PID()), s.DataDirectory()}, " ") + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	select {}
}

// startChild is another process with a server.
func startChild(t *testing.T, dir string) (cmd *exec.Cmd, said []string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envChild+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	_, err = cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	said = strings.Fields(line)
	require.Len(t, said, 3, line)
	return cmd, said
}

// start is a server for the test, stopped at its end.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	o.Fast = true
	if o.Log == nil {
		o.Log = t.Logf
	}
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

// folder is t.TempDir, but open to the server's account, and in memory.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(memoryFolder(), "embedded-test-*")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func query(t *testing.T, address, sql string) (value string) {
	t.Helper()
	require.NoError(t, connect(t, address).QueryRow(t.Context(), sql).Scan(&value))
	return value
}

func execute(t *testing.T, address, sql string) {
	t.Helper()
	_, err := connect(t, address).Exec(t.Context(), sql)
	require.NoError(t, err)
}

func TestServerIsPrivateAndPlain(t *testing.T) {
	t.Setenv("PGPORT", "1")
	t.Setenv("PGDATABASE", "nowhere")
	s := start(t, Options{Dir: filepath.Join(folder(t), "pg"), Settings: map[string]string{"work_mem": "7MB"}})
	for name, want := range map[string]string{
		"TimeZone": "UTC", "log_timezone": "UTC", "server_encoding": "UTF8", "lc_messages": "C",
		"listen_addresses": "", "fsync": "off", "work_mem": "7MB",
	} {
		require.Equal(t, want, query(t, s.URL("postgres"), "SELECT current_setting('"+name+"')"), name)
	}
	require.Equal(t, "C", query(t, s.URL("postgres"), "SELECT datcollate FROM pg_database WHERE datname = 'postgres'"))
	require.True(t, strings.HasPrefix(query(t, s.URL("postgres"), "SHOW server_version"), s.Version()))

	info, err := os.Stat(s.place.socket)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NotZero(t, info.Sys().(*syscall.Stat_t).Uid, "Postgres never runs as root")
}

func TestDataOutliveTheServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "a folder", "pg")
	s := start(t, Options{Dir: dir})
	execute(t, s.URL("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer")
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop(), "twice is fine")
	require.False(t, alive(s.PID()))

	s = start(t, Options{Dir: dir})
	require.Equal(t, "42", query(t, s.URL("postgres"), "SELECT answer::text FROM kept"))
}

func TestStopClosesConnections(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Temporary: true})
	connect(t, s.URL("postgres"))
	require.NoError(t, s.Stop())
	require.NoDirExists(t, s.place.root)
}

func TestRestartAfterACrash(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Options{Dir: dir})
	execute(t, s.URL("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer")
	execute(t, s.URL("postgres"), "CHECKPOINT") // Fast loses the latest commits
	require.NoError(t, syscall.Kill(s.PID(), syscall.SIGKILL))
	<-s.Exited()
	require.ErrorContains(t, s.Stop(), "ended by itself: signal: killed")

	s = start(t, Options{Dir: dir})
	require.Equal(t, "42", query(t, s.URL("postgres"), "SELECT answer::text FROM kept"))
}

// In containers the id of a dead server is soon that of another process.
func TestStaleProcessID(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Options{Dir: dir})
	require.NoError(t, s.Stop())
	// A process of the account that the server runs as.
	other := s.account.command("/bin", "sleep", "60")
	require.NoError(t, other.Start())
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	stale := strconv.Itoa(other.Process.Pid) + "\n" + s.DataDirectory() + "\n1\n5432\n" + s.place.socket + "\n\n\nready\n"
	require.NoError(t, os.WriteFile(filepath.Join(s.DataDirectory(), "postmaster.pid"), []byte(stale), 0o600))

	start(t, Options{Dir: dir})
}

func TestSecondServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	first := start(t, Options{Dir: dir})
	_, err := Start(t.Context(), Options{Dir: dir})
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, first.PID(), inUse.PID)
	require.Equal(t, "1", query(t, inUse.URL, "SELECT '1'"), "the error says how to use the first")
	require.ErrorContains(t, err, "kill -INT "+strconv.Itoa(first.PID()))
	require.ErrorAs(t, Remove(t.Context(), dir), &inUse)
	require.Equal(t, "1", query(t, first.URL("postgres"), "SELECT '1'"), "and left alone")
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	_, said := startChild(t, dir)
	_, err := Start(t.Context(), Options{Dir: dir})
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, said[1], strconv.Itoa(inUse.PID))
}

// A server whose process and lock are gone but which runs on.
func TestOrphanIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Options{Dir: dir, Outlive: true})
	require.NoError(t, s.lock.Close())
	_, err := Start(t.Context(), Options{Dir: dir})
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, s.PID(), inUse.PID)
}

func TestServerDiesWithItsProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	cmd, said := startChild(t, dir)
	execute(t, said[0], "CREATE TABLE kept AS SELECT 42 AS answer")
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()

	// At once: Start waits for the warden to finish.
	s := start(t, Options{Dir: dir})
	require.Equal(t, "42", query(t, s.URL("postgres"), "SELECT answer::text FROM kept"))
	require.NotEqual(t, said[1], strconv.Itoa(s.PID()))
}

func TestTemporaryServerLeavesNothing(t *testing.T) {
	t.Parallel()
	cmd, said := startChild(t, "")
	require.DirExists(t, said[2])
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Dir(said[2]))
		return errors.Is(err, os.ErrNotExist)
	}, 40*time.Second, 50*time.Millisecond)
	inside, known := workingIn(said[2])
	require.True(t, !known || len(inside) == 0, "processes left: %v", inside)
}

func TestOutliveLeavesItRunning(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: filepath.Join(folder(t), "pg"), Outlive: true})
	require.Nil(t, s.warden)
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("long/", 30), "a,b", "pg")
	s := start(t, Options{Dir: dir})
	require.Equal(t, "1", query(t, s.URL("postgres"), "SELECT '1'"))
	require.Less(t, len(s.place.socket), maxSocketFolder+1)
	require.NoError(t, s.Stop())
	require.NoDirExists(t, s.place.socket)
	require.FileExists(t, filepath.Join(dir, "data", "PG_VERSION"))
}

func TestURLEscapes(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: filepath.Join(folder(t), "a b&c=d%")})
	execute(t, s.URL("postgres"), `CREATE DATABASE "x/y z?"`)
	require.Equal(t, "x/y z?", query(t, s.URL("x/y z?"), "SELECT current_database()"))
	u, err := url.Parse(s.URL("postgres"))
	require.NoError(t, err)
	require.Equal(t, "disable", u.Query().Get("sslmode"))
}

func TestOtherVersionOfTheData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Options{Dir: dir})
	bin, have := s.bin, s.Version()
	require.NoError(t, s.Stop())

	_, err := Start(t.Context(), Options{Dir: dir, Version: "99"})
	require.ErrorContains(t, err, "written by PostgreSQL "+have+", and version 99 is asked for")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("13\n"), 0o600))
	_, err = Start(t.Context(), Options{Dir: dir, Binaries: bin})
	require.ErrorContains(t, err, "written by PostgreSQL 13, and "+bin+" is PostgreSQL "+have)
}

func TestForeignFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	mine := filepath.Join(dir, "data", "thesis.txt")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "data"), 0o755))
	require.NoError(t, os.WriteFile(mine, nil, 0o644))
	_, err := Start(t.Context(), Options{Dir: dir})
	require.ErrorContains(t, err, "not the data of a Postgres server")
	require.Error(t, Remove(t.Context(), dir))
	require.FileExists(t, mine)
}

func TestUnfinishedClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o700))
	s := start(t, Options{Dir: dir})
	require.Equal(t, "1", query(t, s.URL("postgres"), "SELECT '1'"))
	require.NoDirExists(t, filepath.Join(dir, "data.new"))
}

func TestBadSettingShowsTheServersWords(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	_, err := Start(t.Context(), Options{Dir: dir, Fast: true, Settings: map[string]string{"work_mem": "much"}})
	require.ErrorContains(t, err, `invalid value for parameter "work_mem": "much"`)
	start(t, Options{Dir: dir}) // nothing of it is left
}

func TestCancelledStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	ctx, cancel := context.WithCancel(t.Context())
	said := func(format string, _ ...any) {
		if strings.HasPrefix(format, "starting") {
			cancel()
		}
	}
	_, err := Start(ctx, Options{Dir: dir, Fast: true, Log: said})
	require.ErrorIs(t, err, context.Canceled)
	start(t, Options{Dir: dir})
}

func TestRemove(t *testing.T) {
	t.Parallel()
	require.NoError(t, Remove(t.Context(), filepath.Join(folder(t), "missing")))
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Options{Dir: dir})
	require.NoError(t, s.Stop())
	require.NoError(t, Remove(t.Context(), dir))
	require.NoDirExists(t, dir)
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{})
	require.ErrorContains(t, err, "no data folder given")
}
