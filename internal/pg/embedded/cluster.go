package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// An InUseError says that a server already runs in a folder, or is being started
// or stopped there.
type InUseError struct {
	Dir string // the folder given as Options.Dir
	PID int    // the process to look at; 0 when unknown
	URL string // where that server takes connections; "" when unknown
}

// Error names the process and what to do.
func (e *InUseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a Postgres server is already in use in %s", e.Dir)
	if e.PID != 0 {
		fmt.Fprintf(&b, " (process %d)", e.PID)
	}
	if e.URL != "" {
		fmt.Fprintf(&b, ", reached by %s", e.URL)
	}
	b.WriteString(": wait for it to end, or choose another data folder")
	if e.PID != 0 {
		fmt.Fprintf(&b, "; to stop it: kill -INT %d", e.PID)
	}
	return b.String()
}

// claimTimeout is how long Start waits for a server whose process ended without
// stopping it, and which its warden is stopping now.
const claimTimeout = 30 * time.Second

// claim makes the root folder and locks it for the life of this server. The
// lock file names its holder, and the warden holds it too, so that nobody
// starts a server while the last one is still being stopped.
func (s *Server) claim(ctx context.Context) error {
	if s.opts.Dir == "" && !s.opts.Temporary {
		return errors.New("embedded Postgres: no data folder given")
	}
	root := s.opts.Dir
	var err error
	if root == "" {
		if root, err = os.MkdirTemp(memoryFolder(), elsewherePrefix+"*"); err != nil {
			return fmt.Errorf("temporary data folder: %w", err)
		}
		if err = os.Chmod(root, 0o711); err != nil { // the server's account must pass
			return fmt.Errorf("temporary data folder: %w", err)
		}
	}
	if root, err = filepath.Abs(root); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err = os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	s.opts.Dir = root
	s.place = place{root: root, log: filepath.Join(root, "server.log")}

	file, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		holder := holderOf(file)
		if !errors.Is(err, syscall.EWOULDBLOCK) || alive(holder) || sleep(ctx, 5*pollInterval) != nil {
			_ = file.Close()
			if !errors.Is(err, syscall.EWOULDBLOCK) {
				return fmt.Errorf("lock %s: %w", file.Name(), err)
			}
			s.place = place{} // not ours: nothing to discard
			return s.inUse(root, holder)
		}
	}
	s.lock = file
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	return nil
}

// inUse describes whatever holds root.
func (s *Server) inUse(root string, pid int) error {
	e := &InUseError{Dir: root, PID: pid}
	if pm, err := readPostmaster(filepath.Join(root, "data")); err == nil && alive(pm.pid) {
		e.PID, e.URL = pm.pid, socketURL(pm.socket, "postgres")
	}
	return e
}

// holderOf reads the process id in a lock file; 0 when there is none.
func holderOf(file *os.File) int {
	b := make([]byte, 20)
	n, _ := file.ReadAt(b, 0) // short is expected
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil {
		return 0
	}
	return pid
}

// alive says whether a process of that id exists.
func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// sleep waits, or ends early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// dataVersion is the major version that wrote a cluster; "" when there is none.
func dataVersion(data string) (string, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty and not the data of a Postgres server: choose another data folder", data)
	}
	return "", nil
}

// chooseBinaries settles which server runs: the data decide, then the options.
func (s *Server) chooseBinaries(ctx context.Context) error {
	have, err := dataVersion(filepath.Join(s.place.root, "data"))
	if err != nil {
		return err
	}
	want := s.opts.Version
	if have != "" {
		if want != "" && want != have {
			return fmt.Errorf("the data in %s were written by PostgreSQL %s, and version %s is asked for: use %s, or another data folder", s.opts.Dir, have, want, have)
		}
		want = have
	}
	bin := s.opts.Binaries
	if bin == "" {
		if bin, err = Locate(ctx, InstallOptions{Cache: s.opts.Cache, Version: want, Log: s.opts.Log}); err != nil {
			if have != "" {
				return fmt.Errorf("the data in %s need PostgreSQL %s: %w", s.opts.Dir, have, err)
			}
			return err
		}
	}
	version, err := versionOf(ctx, bin)
	if err != nil {
		return err
	}
	if want != "" && version != want {
		if have != "" {
			return fmt.Errorf("the data in %s were written by PostgreSQL %s, and %s is PostgreSQL %s: use the former, or another data folder", s.opts.Dir, have, bin, version)
		}
		return fmt.Errorf("%s is PostgreSQL %s, and version %s is asked for", bin, version, want)
	}
	s.bin, s.version = bin, version
	return nil
}

// initialise makes a cluster where there is none: aside, then renamed, so that
// an interrupted one is never taken for a whole.
func (s *Server) initialise(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.place.data, "PG_VERSION")); err == nil {
		return nil
	}
	s.opts.say("making a new PostgreSQL %s cluster in %s", s.version, s.place.data)
	fresh := s.place.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if err := s.account.own(fresh); err != nil {
		return err
	}
	args := []string{
		"-D", fresh, "-U", Superuser, "--auth-local=trust", "--auth-host=reject",
		"--encoding=UTF8", "--locale=C", "--no-instructions",
	}
	if s.opts.Fast {
		args = append(args, "--no-sync")
	}
	if out, err := run(ctx, s.account.command(s.bin, "initdb", args...)); err != nil {
		return s.account.explain(fmt.Errorf("initdb: %w\n%s", err, out))
	}
	_ = os.Remove(s.place.data) // empty, or absent
	if err := os.Rename(fresh, s.place.data); err != nil {
		return fmt.Errorf("new cluster: %w", err)
	}
	return nil
}

// A postmaster is what postmaster.pid says of a running server.
type postmaster struct {
	pid    int
	socket string
	status string // "starting", "ready", "stopping", …
}

// readPostmaster reads postmaster.pid, written line by line as the server comes
// up: process, data, start time, port, socket folder, address, shared memory,
// status.
func readPostmaster(data string) (postmaster, error) {
	file, err := os.Open(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, err
	}
	defer file.Close()
	var p postmaster
	scan := bufio.NewScanner(file)
	for n := 1; scan.Scan(); n++ {
		switch line := strings.TrimSpace(scan.Text()); n {
		case 1:
			p.pid, _ = strconv.Atoi(line) // 0 for what is no number
		case 5:
			p.socket = line
		case 8:
			p.status = line
		}
	}
	return p, scan.Err()
}

// clearStale removes the postmaster.pid of a dead server. Postgres does that
// itself, but refuses when the id now belongs to some other process of its
// user: the rule rather than the exception in containers, where ids are small.
// Removing it wrongly would let two servers into one cluster, so it is done
// only where no process at all has the cluster as its working folder.
func (s *Server) clearStale(ctx context.Context) error {
	pm, err := readPostmaster(s.place.data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("postmaster.pid: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, quitTimeout)
	defer cancel()
	for {
		inside, known := workingIn(s.place.data)
		switch {
		case !known:
			return nil // Postgres' own check must do
		case len(inside) == 0:
			s.opts.say("the last server (process %d) ended without stopping; recovering", pm.pid)
			if err := os.Remove(filepath.Join(s.place.data, "postmaster.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("stale postmaster.pid: %w", err)
			}
			return nil
		}
		// Children of a killed postmaster leave by themselves.
		for _, pid := range inside {
			if pid == pm.pid {
				return s.inUse(s.place.root, pid)
			}
		}
		if sleep(ctx, 10*pollInterval) != nil {
			return s.inUse(s.place.root, inside[0])
		}
	}
}
