package embedded

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// wardenScript waits for the end of our process, which closes its standard
// input however it comes about, and then stops the server and removes folders.
// It reads the server's process id first, and "done" when there is nothing left
// to do. $1 is the signal to send; what follows are the folders.
const wardenScript = `
signal=$1; shift
read -r pid || pid=
read -r verdict || verdict=
[ "$verdict" = done ] && exit 0
if [ -n "$pid" ]; then
  kill -s "$signal" "$pid" 2>/dev/null
  n=0
  while kill -0 "$pid" 2>/dev/null; do
    n=$((n+1))
    [ "$n" -eq 200 ] && kill -s QUIT "$pid" 2>/dev/null
    [ "$n" -ge 300 ] && break
    sleep 0.1
  done
fi
for dir; do rm -rf -- "$dir"; done
`

// A warden stops the server after the end of our process. It is a process of
// its own and not the kernel's parent-death signal, since that is Linux's alone,
// goes off when a thread of ours ends, and removes no folder.
type warden struct {
	line  io.WriteCloser // its standard input
	ended chan struct{}
}

// hireWarden starts the warden. It holds the lock of the data folder until it
// has finished. Without a shell there is none, and we say so.
func (s *Server) hireWarden() error {
	if s.opts.Outlive {
		return nil
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		s.opts.say("no shell: should this process die, stop the server in %s by hand", s.opts.Dir)
		return nil
	}
	signal := "INT"
	if s.opts.Temporary {
		signal = "QUIT"
	}
	args := append([]string{"-c", wardenScript, "attribution-postgres-warden", signal}, s.place.leftovers(s.opts.Temporary)...)
	cmd := exec.Command(shell, args...)
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{s.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
	line, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start the server's warden: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the server's warden: %w", err)
	}
	w := &warden{line: line, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // only to leave no zombie
		close(w.ended)
	}()
	s.warden = w
	return nil
}

// watch tells the warden which process to stop.
func (w *warden) watch(pid int) {
	if w != nil {
		_, _ = fmt.Fprintf(w.line, "%d\n", pid) // a warden that is gone is no reason to fail
	}
}

// dismiss sends the warden away: the server is gone. It returns when the warden
// has let go of the lock.
func (w *warden) dismiss() {
	if w == nil {
		return
	}
	_, _ = io.WriteString(w.line, "done\n")
	_ = w.line.Close()
	<-w.ended
}
