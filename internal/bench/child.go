package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// stopTimeout is how long one of our runs may take to give up before it is killed.
const stopTimeout = 30 * time.Second

// run runs the pipeline as a process of its own, so that CPU time and memory are its
// alone, and notes its stages. Day is the one whose small hours are its clock; 0: now.
func (b *bench) run(ctx context.Context, p *Phase, day int, args ...string) error {
	args = append([]string{"run"}, args...)
	if day > 0 {
		args = append(args, "--as-of", b.world.Day(day).Add(nightHour).Format(time.RFC3339))
	}
	if b.Profile != "" {
		args = append(args, "--cpu-profile", filepath.Join(b.Profile, strings.ReplaceAll(p.Name, " ", "-")+".pprof"))
	}
	var ran struct {
		Seconds float64 `json:"seconds"`
		Stages  []Stage `json:"stages"`
	}
	if err := b.program(ctx, p, nil, &ran, args...); err != nil {
		return err
	}
	p.Seconds, p.Stages = ran.Seconds, ran.Stages
	return nil
}

// program runs our program and reads its JSON result. Time on the CPU is added to the
// phase; memory is the most of all its programs.
func (b *bench) program(ctx context.Context, p *Phase, environ []string, result any, args ...string) error {
	cmd := exec.CommandContext(ctx, b.Program, append(args, "--output", "json", "--log-level", "warn")...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	cmd.Env = append(append([]string{
		"DATABASE_URL=" + b.server.URL(workDatabase),
		"ATTRIBUTION_SOURCES=" + strings.Join(b.Settings.Sources, ","),
		"ATTRIBUTION_RETRY_MAX_ELAPSED=0s", // what fails would otherwise look slow
	}, b.Environ...), environ...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, b.Stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("attribution %s: %w: what it logged says why", strings.Join(args, " "), err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell what a process used")
	}
	p.CPUSeconds += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	p.PeakMemory = max(p.PeakMemory, maxRSS(usage))
	return json.Unmarshal(out.Bytes(), result)
}

// maxRSS is the most memory the process held. Linux carries over to a new process what
// the one that started it held at most, which is little here: it is never too low.
func maxRSS(u *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return u.Maxrss
	}
	return u.Maxrss << 10 // kilobytes everywhere else
}
