package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// An account is the user of the operating system that a server runs as.
type account struct {
	name     string
	uid, gid uint32
	change   bool // we are root and must become it
}

// serverAccounts are tried in this order when we are root and there are no data
// yet, whose owner would be taken.
var serverAccounts = []string{"postgres", "nobody"}

// accountFor says whom to run a server on data as: ourselves, unless we are
// root. Error: the data belong to somebody else, or root finds no account.
func accountFor(data string) (account, error) {
	owner, err := ownerOf(data)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return account{}, fmt.Errorf("data folder: %w", err)
	}
	if os.Geteuid() != 0 {
		me := account{name: userName(uint32(os.Geteuid())), uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}
		if exists && owner.uid != me.uid {
			return account{}, fmt.Errorf("the data in %s belong to user %s and we are %s: run as that user, or choose another data folder", data, owner.name, me.name)
		}
		return me, nil
	}
	if exists && owner.uid != 0 {
		owner.change = true
		return owner, nil
	}
	for _, name := range serverAccounts {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		if uerr == nil && gerr == nil && uid != 0 {
			return account{name: name, uid: uint32(uid), gid: uint32(gid), change: true}, nil
		}
	}
	return account{}, fmt.Errorf("PostgreSQL refuses to run as root, and there is no user named %s: make one, or run as an ordinary user", strings.Join(serverAccounts, " or "))
}

// ownerOf follows symbolic links.
func ownerOf(path string) (account, error) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, err
	}
	st := info.Sys().(*syscall.Stat_t) // always, on Unix
	return account{name: userName(st.Uid), uid: st.Uid, gid: st.Gid}, nil
}

// userName is the name of a user id, or the number where it has none.
func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// own makes dir with mode 0700, belonging to the account.
func (a account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	if a.change {
		if err := os.Chown(dir, int(a.uid), int(a.gid)); err != nil {
			return fmt.Errorf("give %s to user %s: %w", dir, a.name, err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("close %s to others: %w", dir, err)
	}
	return nil
}

// reaches says whether the account may enter dir and all folders above it; the
// error names the first that is closed. Our own process is its own proof.
func (a account) reaches(dir string) error {
	if !a.change {
		return nil
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	var path string
	for _, part := range strings.Split(resolved, string(filepath.Separator)) {
		path += part + string(filepath.Separator)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t) // always, on Unix
		enter := fs.FileMode(0o001)
		switch {
		case st.Uid == a.uid:
			enter = 0o100
		case st.Gid == a.gid:
			enter = 0o010
		}
		if info.IsDir() && info.Mode().Perm()&enter == 0 {
			return fmt.Errorf("%s is closed to it (mode %04o)", filepath.Clean(path), info.Mode().Perm())
		}
	}
	return nil
}

// command is a program of the bin folder, to be run as the account in a session
// of its own, so that Ctrl-C reaches us alone and we stop it in order. Its
// environment is ours to say: PGPORT and the like would change what it does.
func (a account) command(bin, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + bin + ":/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=/"}
	if libraries := libraryPath(bin); libraries != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+libraries)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.change {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// explain adds what to do where root may not become another user, as in some
// containers.
func (a account) explain(err error) error {
	if a.change && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL)) {
		return fmt.Errorf("%w: this root may not become user %s: run as an ordinary user, or allow SETUID and SETGID", err, a.name)
	}
	return err
}
