package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Superuser is the database role every URL of this package names. It owns the
// server; the socket folder's mode is what keeps others out.
const Superuser = "postgres"

// readyTimeout is how long a server may take to accept connections, crash
// recovery included, before Start gives up. A recovery replays at most one
// max_wal_size (1 GB by default), which takes well under a minute.
const readyTimeout = 3 * time.Minute

// stopTimeout is how long a server may take for its last checkpoint after
// SIGINT before it is told SIGQUIT, which loses nothing but makes the next
// start replay the log.
const stopTimeout = time.Minute

// quitTimeout is how long a server may take to leave after SIGQUIT.
const quitTimeout = 15 * time.Second

// pollInterval is how often a server that starts or stops is looked at.
const pollInterval = 10 * time.Millisecond

// Options says where and how a server runs. The zero value is a throw-away
// choice of nothing: at least Dir or Temporary must be set.
type Options struct {
	// Dir is the folder that holds everything of the server: data/, socket/,
	// server.log (of the latest start) and lock. Made when missing. Default,
	// with Temporary only: a new folder in memory (Linux, where /dev/shm has
	// 2 GB free), else under the system's temporary one.
	Dir string

	// Binaries is the folder with initdb and postgres. Default "": the version
	// an existing data folder needs, else Version, found or fetched by Locate.
	Binaries string

	// Version is the major version wanted, such as "16". Default "": that of
	// the existing data, else the newest supported one found.
	Version string

	// Cache is where fetched servers are kept. Default "": DefaultCache.
	Cache string

	// Settings are server settings (postgresql.conf names) over our own.
	Settings map[string]string

	// Fast switches off everything that protects data from a crash of the
	// machine (fsync, full_page_writes, synchronous_commit): tests and demos
	// only. A crash of the server alone still loses nothing but the latest
	// commits. Default false.
	Fast bool

	// Temporary removes Dir when the server stops or our process ends, and
	// stops the server without a last checkpoint. Default false.
	Temporary bool

	// Outlive leaves the server running when our process ends without Stop.
	// Default false.
	Outlive bool

	// Log is told, in short sentences, what is being done. Default nil: nobody.
	Log func(format string, args ...any)
}

// say tells Log, if there is one.
func (o Options) say(format string, args ...any) {
	if o.Log != nil {
		o.Log(format, args...)
	}
}

// A Server is one running PostgreSQL server, started by Start. Its methods may
// be called from several goroutines.
type Server struct {
	opts    Options
	account account
	version string // major
	bin     string
	place   place
	lock    *os.File
	cmd     *exec.Cmd
	warden  *warden

	exited  chan struct{} // closed once the server's process is gone
	exitErr error         // how it went; read after exited

	stop    sync.Once
	stopErr error
}

// Start runs a server and returns once it accepts connections. A new Dir gets a
// new cluster (UTF8, locale C, time zone UTC); an existing one is used as it
// is, after a crash too.
//
// Errors: *InUseError when a server already runs there; a version that does not
// fit the data, naming both; no server found and none to be had; and whatever
// the server itself said, with the end of its log.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	s := &Server{opts: o, exited: make(chan struct{})}
	defer func() {
		if err != nil {
			s.discard()
		}
	}()
	if err := s.claim(ctx); err != nil {
		return nil, err
	}
	if err := s.chooseBinaries(ctx); err != nil {
		return nil, err
	}
	if err := s.settle(); err != nil {
		return nil, err
	}
	if err := s.initialise(ctx); err != nil {
		return nil, err
	}
	if err := s.clearStale(ctx); err != nil {
		return nil, err
	}
	if err := s.launch(); err != nil {
		return nil, err
	}
	if err := s.waitReady(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// URL is the connection string of one database of the server, as libpq and pgx
// read it.
func (s *Server) URL(database string) string { return socketURL(s.place.socket, database) }

// socketURL names every part that libpq's PG* variables would otherwise fill in.
func socketURL(socket, database string) string {
	q := url.Values{"host": {socket}, "port": {port}, "sslmode": {"disable"}}
	query := strings.ReplaceAll(q.Encode(), "+", "%20") // libpq takes a plus as it stands
	u := url.URL{Scheme: "postgres", User: url.User(Superuser), Path: "/" + database, RawQuery: query}
	return u.String()
}

// DataDirectory is the cluster's own folder (the one with PG_VERSION).
func (s *Server) DataDirectory() string { return s.place.data }

// LogFile is what the server wrote since it was started.
func (s *Server) LogFile() string { return s.place.log }

// Version is the server's major version, such as "16".
func (s *Server) Version() string { return s.version }

// PID is the process id of the postmaster.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Exited is closed when the server's process has ended, for whatever reason.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop ends the server and returns when it is gone: connections are closed
// (SIGINT; SIGQUIT when it lingers, or at once when Temporary). Calling it again
// returns the same. Error: the server had already ended by itself, or will not
// end.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		s.stopErr = s.end()
		s.discard()
	})
	return s.stopErr
}

func (s *Server) end() error {
	if s.cmd == nil {
		return nil
	}
	select {
	case <-s.exited:
		return fmt.Errorf("postgres in %s had ended by itself: %w%s", s.opts.Dir, s.exitErr, s.logTail())
	default:
	}
	if !s.opts.Temporary {
		s.signal(syscall.SIGINT)
		if s.gone(stopTimeout) {
			return nil
		}
	}
	s.signal(syscall.SIGQUIT)
	if s.gone(quitTimeout) {
		return nil
	}
	return fmt.Errorf("postgres (process %d) in %s does not stop: see %s", s.PID(), s.opts.Dir, s.place.log)
}

func (s *Server) signal(sig syscall.Signal) {
	_ = s.cmd.Process.Signal(sig) // gone already: the wait that follows sees it
}

func (s *Server) gone(within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-s.exited:
		return true
	case <-t.C:
		return false
	}
}

// discard gives back what the server held besides its process.
func (s *Server) discard() {
	if s.running() {
		return // does not stop: its folders are still in use
	}
	s.warden.dismiss()
	if s.lock != nil {
		s.place.discard(s.opts.Temporary)
		_ = s.lock.Close()
		s.lock = nil
	}
}

func (s *Server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// launch starts the postmaster and the warden that outlives us.
func (s *Server) launch() error {
	logFile, err := os.OpenFile(s.place.log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("postgres log: %w", err)
	}
	defer logFile.Close()

	cmd := s.account.command(s.bin, "postgres", s.arguments()...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := s.hireWarden(); err != nil {
		return err
	}
	s.opts.say("starting PostgreSQL %s (%s) on %s as user %s", s.version, s.bin, s.place.data, s.account.name)
	if err := cmd.Start(); err != nil {
		return s.account.explain(fmt.Errorf("start %s: %w", cmd.Path, err))
	}
	s.cmd = cmd
	s.warden.watch(cmd.Process.Pid)
	go func() {
		if s.exitErr = cmd.Wait(); s.exitErr == nil {
			s.exitErr = errors.New("it was told to stop") // by somebody else: exit status 0
		}
		close(s.exited)
	}()
	return nil
}

// arguments are the postmaster's. Ours may be overridden by Options.Settings.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_directories": s.place.socket,
		"unix_socket_permissions": "0700",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"jit":                     "off", // small queries; some fetched servers come without LLVM
	}
	if smallSharedMemory() {
		settings["dynamic_shared_memory_type"] = "mmap"
	}
	if s.opts.Fast {
		for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
			settings[name] = "off"
		}
	}
	for name, value := range s.opts.Settings {
		settings[name] = value
	}
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	sort.Strings(names)
	args := []string{"-D", s.place.data}
	for _, name := range names {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// waitReady watches the status line of postmaster.pid, as pg_ctl does.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not ready after %s", readyTimeout))
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.exited:
			return fmt.Errorf("postgres did not start in %s: %w%s", s.opts.Dir, s.exitErr, s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("postgres in %s: %w%s", s.opts.Dir, context.Cause(ctx), s.logTail())
		case <-tick.C:
		}
		pid, err := readPostmaster(s.place.data)
		if err == nil && pid.pid == s.PID() && pid.status == "ready" {
			return nil
		}
	}
}

// logTail is the end of the server's log, ready to be put behind an error.
func (s *Server) logTail() string {
	b, err := os.ReadFile(s.place.log)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) > 12 {
		lines = lines[len(lines)-12:]
	}
	return "\n" + s.place.log + " ends:\n  " + strings.Join(lines, "\n  ")
}
