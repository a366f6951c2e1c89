// Package check_test holds the files by which attribution is installed to the program:
// each is read by a real parser of its kind, strictly, and every command line, variable
// and path in it is one the program or its image has. It is a module of its own, since
// those parsers are large and none of them is the program's.
package check_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// root is the project's folder, seen from this one.
const root = "../.."

// program is the binary, built from the tree.
var program string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "attribution-check-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "attribution")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/attribution")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// read is a file of the project.
func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return text
}

// checkCommand has the program itself read a command line: it refuses a flag it does
// not know, or a value that is none, before it shows the help of the command asked for.
func checkCommand(t *testing.T, where string, args ...string) {
	t.Helper()
	require.NotEmpty(t, args, "%s: no command", where)
	out, err := exec.Command(program, append(slices.Clone(args), "--help")...).CombinedOutput()
	require.NoError(t, err, "%s: attribution %s: %s", where, strings.Join(args, " "), out)
	require.Contains(t, string(out), "Usage:\n  attribution "+args[0], "%s: no command %q", where, args[0])
}

// others are the variables that the program, or the libraries in it, read beside its
// settings.
var others = []string{"DATABASE_URL", "DATABASE_URL_FILE", "ATTRIBUTION_CONFIG"}

// checkEnvironment sees that all of it is read by the program, and makes settings that
// are valid together, which it returns.
func checkEnvironment(t *testing.T, where string, env map[string]string) config.Config {
	t.Helper()
	known := append(config.Variables(), others...)
	var environ []string
	for name, value := range env {
		require.Contains(t, known, name, "%s: the program reads no such variable", where)
		environ = append(environ, name+"="+value)
	}
	c, err := config.Load("", environ)
	require.NoError(t, err, where)
	if c.DatabaseURL != "" {
		checkURL(t, where, c.DatabaseURL)
	}
	return c
}

// checkURL sees that a database URL is one, and that the authorities it names are in
// the image.
func checkURL(t *testing.T, where, text string) {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err, where)
	q := u.Query()
	if authorities := q.Get("sslrootcert"); authorities != "" {
		require.Contains(t, imageFiles(t), authorities, "%s: sslrootcert", where)
		require.Equal(t, "verify-full", q.Get("sslmode"), where)
		q.Del("sslrootcert")
	}
	u.RawQuery = q.Encode()
	_, err = pgconn.ParseConfig(u.String())
	require.NoError(t, err, where)
}

// imageFiles are the files the Dockerfile puts into the image.
func imageFiles(t *testing.T) (files []string) {
	t.Helper()
	stages, _ := dockerfile(t)
	for _, c := range copies(stages[len(stages)-1]) {
		require.True(t, path.IsAbs(c.DestPath), c.DestPath)
		files = append(files, c.DestPath)
	}
	return files
}

// TestTheHourIsTheSame everywhere, so that no page says another.
func TestTheHourIsTheSame(t *testing.T) {
	for name, text := range map[string]string{
		"docker-compose.yml":               `"--cron", "0 6 * * *", "--tz", "UTC"`,
		"deploy/kubernetes/cronjob.yaml":   "  schedule: \"0 6 * * *\"\n  timeZone: Etc/UTC\n",
		"deploy/terraform/variables.tf":    `"cron(0 6 * * ? *)"`,
		"deploy/systemd/attribution.timer": "OnCalendar=*-*-* 06:00:00 UTC\n",
	} {
		require.Contains(t, string(read(t, name)), text, name)
	}
}

// TestTheCheckItself finds what is wrong.
func TestTheCheckItself(t *testing.T) {
	for _, args := range [][]string{{"run", "--stag", "alias"}, {"simulate", "--events", "many"}, {"run", "--strict=maybe"}} {
		require.Error(t, exec.Command(program, append(args, "--help")...).Run(), args)
	}
	out, err := exec.Command(program, "rum", "--help").Output()
	require.NoError(t, err)
	require.NotContains(t, string(out), "Usage:\n  attribution rum")
	require.Contains(t, config.Variables(), "ATTRIBUTION_EXTRACT_OVERLAP")
	require.NotContains(t, config.Variables(), "ATTRIBUTION_NOTIFY_")
}
