package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// port names the socket file (.s.PGSQL.5432); nothing listens on TCP.
const port = "5432"

// maxSocketFolder is the longest socket folder, in bytes, that every system
// takes: 103 bytes for the whole path (macOS; Linux has 107) less the file name
// and some room.
const maxSocketFolder = 103 - len("/.s.PGSQL.5432.lock") - 1

// elsewherePrefix begins the name of every folder made outside Options.Dir.
const elsewherePrefix = "attribution-postgres-"

// A place is where the parts of one server lie.
type place struct {
	root   string   // Options.Dir, absolute, or a new temporary folder
	data   string   // the cluster, free of symbolic links
	socket string   // holds the socket; short enough
	log    string   // server.log
	extra  []string // folders outside root that go when the server does
}

// settle makes the folders of the server, owned by its account. A root that the
// account cannot reach (a checkout in root's home, say) keeps its log and lock,
// and a link to data put where the account can go.
func (s *Server) settle() error {
	p := &s.place
	p.log = filepath.Join(p.root, "server.log")
	link := filepath.Join(p.root, "data")

	acc, err := accountFor(link)
	if err != nil {
		return err
	}
	s.account = acc

	base := p.root
	if data, err := filepath.EvalSymlinks(link); err == nil {
		p.data, base = data, filepath.Dir(data)
		if err := acc.reaches(base); err != nil {
			return fmt.Errorf("the data in %s belong to user %s, who cannot get there: %w", data, acc.name, err)
		}
	} else if closed := acc.reaches(p.root); closed != nil {
		if base, err = s.elsewhere(closed); err != nil {
			return err
		}
		_ = os.Remove(link) // one that points to nothing
		if err := os.Symlink(filepath.Join(base, "data"), link); err != nil {
			return fmt.Errorf("link to the data: %w", err)
		}
		p.data = filepath.Join(base, "data")
	} else {
		p.data = link
	}
	return s.settleSocket(base)
}

// elsewhere makes a folder that the account can reach in place of p.root.
func (s *Server) elsewhere(closed error) (string, error) {
	parent := "/var/lib"
	if s.opts.Temporary || s.opts.Fast {
		parent = temporary(s.account)
	}
	dir, err := os.MkdirTemp(parent, elsewherePrefix+"*")
	if err != nil {
		return "", fmt.Errorf("user %s cannot reach %s (%w), and no other folder could be made: %w; choose a data folder outside root's home", s.account.name, s.place.root, closed, err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	s.opts.say("user %s cannot reach %s (%v); the data go to %s", s.account.name, s.place.root, closed, dir)
	if s.opts.Temporary {
		s.place.extra = append(s.place.extra, dir)
	}
	return dir, nil
}

// settleSocket chooses the socket folder: below base, else a short one.
func (s *Server) settleSocket(base string) error {
	p := &s.place
	p.socket = filepath.Join(base, "socket")
	// The setting is a list of folders, parted by commas and perhaps quoted.
	if len(p.socket) > maxSocketFolder || strings.ContainsAny(p.socket, `,"`) {
		dir, err := os.MkdirTemp(temporary(s.account), elsewherePrefix+"*")
		if err != nil {
			return fmt.Errorf("socket folder: %w", err)
		}
		p.socket = dir
		p.extra = append(p.extra, dir)
	}
	return s.account.own(p.socket)
}

// temporary is the system's folder for temporary files, or /tmp where that is
// too long for a socket or closed to the account (TMPDIR can be both).
func temporary(a account) string {
	dir := os.TempDir()
	if len(dir)+len(elsewherePrefix)+16 > maxSocketFolder || a.reaches(dir) != nil {
		return "/tmp"
	}
	return dir
}

// discard removes what need not stay: folders outside the root, and the root
// itself when temporary.
func (p place) discard(root bool) {
	for _, dir := range p.leftovers(root) {
		_ = os.RemoveAll(dir) // a leftover in a temporary folder hurts nobody
	}
}

// leftovers are the folders to remove after the server.
func (p place) leftovers(root bool) []string {
	dirs := append([]string(nil), p.extra...)
	if root && p.root != "" {
		dirs = append(dirs, p.root)
	}
	return dirs
}

// Remove deletes what Start made under dir, data included, wherever they lie,
// and dir itself when nothing else is in it. Missing is fine. Error:
// *InUseError when a server runs there.
func Remove(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s := &Server{opts: Options{Dir: dir}, exited: make(chan struct{})}
	defer s.discard()
	if err := s.claim(ctx); err != nil {
		return err
	}
	root := s.place.root
	doomed := []string{filepath.Join(root, "socket"), filepath.Join(root, "server.log")}
	if data, err := filepath.EvalSymlinks(filepath.Join(root, "data")); err == nil {
		s.place.data = data
		if err := s.clearStale(ctx); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
			return fmt.Errorf("%s is not the data of a Postgres server, left alone: %w", data, err)
		}
		if base := filepath.Dir(data); base != root && strings.HasPrefix(filepath.Base(base), elsewherePrefix) {
			doomed = append(doomed, base)
		}
		doomed = append(doomed, data)
	}
	doomed = append(doomed, filepath.Join(root, "data"), filepath.Join(root, "data.new"), filepath.Join(root, "lock"))
	for _, path := range doomed {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove the server in %s: %w", dir, err)
		}
	}
	_ = os.Remove(root) // only when empty
	return nil
}
