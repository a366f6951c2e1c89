package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// The major versions of PostgreSQL that attribution supports, both included.
const (
	OldestSupported = 14
	NewestSupported = 18
)

// ErrNotFound says that no usable PostgreSQL server is on the machine.
var ErrNotFound = errors.New("no PostgreSQL server found")

// installed are the folders where packages put servers, by distribution: Debian
// and Ubuntu; Red Hat and its kin by the PostgreSQL project and by themselves;
// Alpine; SUSE; source builds; Homebrew; Postgres.app.
var installed = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/usr/lib/postgresql*/bin",
	"/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// programs are those a server needs.
var programs = []string{"initdb", "postgres"}

// Find looks for a PostgreSQL server on the machine: in PATH, then where
// distributions put theirs. version is the major version wanted, such as "16";
// "" takes the newest supported one, and of equals the one in PATH. Folders
// without both initdb and postgres, and as root those that the server's account
// cannot enter, are passed over. Error: ErrNotFound, with what was seen.
func Find(ctx context.Context, version string) (binDir string, err error) {
	return find(ctx, version, nil)
}

// find is Find with more folders to look into, by pattern.
func find(ctx context.Context, version string, more []string) (string, error) {
	type server struct {
		bin   string
		major int
	}
	var fit []server
	var seen []string
	known := map[string]bool{}
	for _, dir := range candidates(more) {
		bin, err := binFolder(dir)
		if err != nil || known[bin] {
			continue
		}
		known[bin] = true
		v, err := versionOf(ctx, bin)
		if err != nil {
			seen = append(seen, err.Error())
			continue
		}
		seen = append(seen, fmt.Sprintf("PostgreSQL %s in %s", v, bin))
		major, err := strconv.Atoi(v)
		if err != nil || !supported(major) || version != "" && v != version {
			continue
		}
		if err := usable(bin); err != nil {
			seen[len(seen)-1] += ": " + err.Error()
			continue
		}
		fit = append(fit, server{bin, major})
	}
	if len(fit) > 0 {
		sort.SliceStable(fit, func(i, j int) bool { return fit[i].major > fit[j].major })
		return fit[0].bin, nil
	}
	wanted := version
	if wanted == "" {
		wanted = fmt.Sprintf("%d to %d", OldestSupported, NewestSupported)
	}
	if len(seen) == 0 {
		seen = []string{"none at all"}
	}
	return "", fmt.Errorf("%w: wanted %s, saw %s", ErrNotFound, wanted, strings.Join(seen, "; "))
}

func supported(major int) bool { return OldestSupported <= major && major <= NewestSupported }

// candidates are folders that may hold a server, the most wanted first.
func candidates(more []string) []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, pattern := range append(installed, more...) {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			continue // only a malformed pattern, such as a cache folder named "["
		}
		dirs = append(dirs, matches...)
	}
	return dirs
}

// binFolder is the folder a server really lies in: dir itself, or where the
// symbolic links in it lead (a link to postgres alone finds no shared files).
func binFolder(dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("%q is not absolute", dir) // an empty entry of PATH
	}
	target, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return "", err
	}
	bin := filepath.Dir(target)
	for _, program := range programs {
		info, err := os.Stat(filepath.Join(bin, program))
		if err != nil {
			return "", err
		}
		if info.IsDir() || info.Mode().Perm()&0o111 == 0 {
			return "", fmt.Errorf("%s in %s is no program", program, bin)
		}
	}
	return bin, nil
}

// usable says whether the account that a new server would get can run bin.
func usable(bin string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	a, err := accountFor(filepath.Join(bin, "no data yet"))
	if err != nil {
		return err
	}
	return a.reaches(bin)
}

// versionLine is what "postgres -V" prints, such as
// "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)" or "… 18beta1".
var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// versionOf asks a server for its major version.
func versionOf(ctx context.Context, bin string) (string, error) {
	cmd := account{}.command(bin, "postgres", "-V")
	out, err := run(ctx, cmd)
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd.Path, err, out)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return "", fmt.Errorf("%s: not a version: %q", cmd.Path, out)
	}
	return string(m[1]), nil
}

// run runs a program to its end, or kills it when the context ends, and returns
// what it wrote, on both streams.
func run(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	bounded := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	bounded.Dir, bounded.Env, bounded.SysProcAttr = cmd.Dir, cmd.Env, cmd.SysProcAttr
	out, err := bounded.CombinedOutput()
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return bytes.TrimSpace(out), err
}
