package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"attribution": main})
}

// TestScripts runs the real program, each script on a database of its own. Beside the
// commands of testscript there are:
//
//	exits CODE COMMAND…      the command ends with that code
//	json                     stdout is one JSON document
//	sql STATEMENT ROW…         run it in the database; each further argument is a row expected, tab-separated
//	lock, unlock             hold the run lock, as another run would; give it up
//	block STATEMENT…         hold what the statements lock, in a transaction; unlock gives it up
//	interrupted CODE|CODE SQL COMMAND…   SIGTERM once the query says true: ends within 20 s, with one of the codes
//	terminated CODE FILE COMMAND…   SIGTERM once the file exists: ends with that code
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			s := &script{url: testkit.Database(t)}
			t.Cleanup(s.close)
			testscript.Run(t, testscript.Params{
				Files: []string{file}, RequireExplicitExec: true, RequireUniqueNames: true, Setup: s.setup,
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": s.exits, "json": s.json, "sql": s.sql, "lock": s.lock, "unlock": s.unlock, "terminated": s.terminated, "interrupted": s.interrupted, "block": s.block,
				},
			})
		})
	}
}

// A script is what the commands of one script share.
type script struct {
	url  string
	held *pgx.Conn // holds the run lock
}

func (s *script) setup(env *testscript.Env) error {
	env.Setenv("DATABASE_URL", s.url)
	env.Setenv("ATTRIBUTION_RETRY_MAX_ELAPSED", "0s")
	if cache, err := os.UserCacheDir(); err == nil {
		env.Setenv("XDG_CACHE_HOME", cache) // a server fetched for the tests is bench's too
	}
	// Root's server runs as another user, who must get there: else its data go elsewhere.
	return os.Chmod(filepath.Dir(env.WorkDir), 0o711)
}

func (s *script) close() {
	if s.held != nil {
		s.held.Close(context.Background())
		s.held = nil
	}
}

func (s *script) exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	code := 0
	var failed *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &failed):
		code = failed.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func (s *script) json(ts *testscript.TestScript, _ bool, _ []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
}

func (s *script) sql(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url)
	ts.Check(err)
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, args[0]).ReadAll()
	ts.Check(err)
	var out strings.Builder
	for _, r := range results {
		for _, row := range r.Rows {
			for i, cell := range row {
				if i > 0 {
					out.WriteString("\t")
				}
				out.Write(cell)
			}
			out.WriteString("\n")
		}
	}
	if want := args[1:]; len(want) > 0 && out.String() != strings.Join(want, "\n")+"\n" {
		ts.Fatalf("%s\ngives %q, want %q", args[0], out.String(), want)
	}
}

func (s *script) lock(ts *testscript.TestScript, _ bool, _ []string) {
	conn, err := pgx.Connect(context.Background(), s.url)
	ts.Check(err)
	s.held = conn
	var got bool
	ts.Check(conn.QueryRow(context.Background(), "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('attribution attribution_ops', 0))").Scan(&got))
	if !got {
		ts.Fatalf("the lock is taken already")
	}
}

func (s *script) unlock(_ *testscript.TestScript, _ bool, _ []string) { s.close() }

func (s *script) terminated(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: terminated CODE FILE COMMAND…")
	}
	program, err := exec.LookPath(args[2])
	ts.Check(err)
	cmd := exec.Command(program, args[3:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = []string{"DATABASE_URL=" + s.url, "PATH=" + os.Getenv("PATH"), "HOME=" + ts.Getenv("WORK")}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	ts.Check(cmd.Start())
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[1])); err == nil {
			break
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill() // it is not going to
			ts.Fatalf("%s was never there", args[1])
		}
	}
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // the code says it
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[0] {
		ts.Fatalf("exit code %s, want %s: %s", code, args[0], stderr.String())
	}
}

func (s *script) interrupted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: interrupted CODES SQL COMMAND…")
	}
	program, err := exec.LookPath(args[2])
	ts.Check(err)
	cmd := exec.Command(program, args[3:]...)
	cmd.Env = []string{"DATABASE_URL=" + s.url, "HOME=" + ts.Getenv("WORK")}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	ts.Check(cmd.Start())
	conn, err := pgx.Connect(context.Background(), s.url)
	ts.Check(err)
	defer conn.Close(context.Background())
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var come bool
		ts.Check(conn.QueryRow(context.Background(), args[1]).Scan(&come))
		if come {
			break
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill() // it is not going to
			_ = cmd.Wait()
			ts.Fatalf("%s: never: %s", args[1], stderr.String())
		}
	}
	signalled := time.Now()
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // the code says it
	if took := time.Since(signalled); took > 20*time.Second {
		ts.Fatalf("it took %s to stop", took)
	}
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); !slices.Contains(strings.Split(args[0], "|"), code) {
		ts.Fatalf("exit code %s, want %s: %s", code, args[0], stderr.String())
	}
}

func (s *script) block(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := pgx.Connect(context.Background(), s.url)
	ts.Check(err)
	s.held = conn
	for _, statement := range append([]string{"BEGIN"}, args...) {
		_, err := conn.Exec(context.Background(), statement)
		ts.Check(err)
	}
}
