package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/attribution-dev/attribution/internal/logs"
	"github.com/attribution-dev/attribution/internal/pipeline"
	"github.com/attribution-dev/attribution/internal/segment"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1 // a stage, or whatever was asked for
	exitUsage       = 2 // usage or configuration
	exitLocked      = 3 // another run, or load, is at work
	exitInterrupted = 4 // by a signal
	exitWarnings    = 5 // done, with data warnings, under --strict
)

// deps are what the program gets from outside.
type deps struct {
	in          io.Reader
	out, err    io.Writer
	inTerminal  bool // in is a terminal
	errTerminal bool // err is a terminal
	environ     []string
	now         func() time.Time
}

// fromProcess are the deps of the process itself.
func fromProcess() deps {
	return deps{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		inTerminal: term.IsTerminal(int(os.Stdin.Fd())), errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		environ: os.Environ(), now: time.Now,
	}
}

// stopTimeout is how long the work may take to stop: schedulers kill after 30 s.
const stopTimeout = 18 * time.Second

// execute runs the program and returns its exit code. The first SIGINT or SIGTERM
// asks the work to stop within stopTimeout, the second ends the process at once.
func execute(d deps, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-finished:
			return
		case <-ctx.Done():
		}
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		select {
		case <-finished:
			return
		case <-again:
		case <-time.After(stopTimeout):
		}
		os.Exit(exitInterrupted)
	}()
	root, g := newRootCmd(d)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if g.endProfile != nil {
		err = errors.Join(err, g.endProfile())
	}
	code := exitCode(ctx, err)
	if err != nil {
		report(g, cmd, err, code)
	}
	return code
}

// exitCode is the exit code an error stands for.
func exitCode(ctx context.Context, err error) int {
	var warned *warnedError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, pipeline.ErrLocked), errors.Is(err, segment.ErrBusy):
		return exitLocked
	case errors.Is(err, pipeline.ErrUsage):
		return exitUsage
	case errors.As(err, &warned):
		return exitWarnings
	}
	return exitFailed
}

// report says on stderr, once, what went wrong.
func report(g *globals, cmd *cobra.Command, err error, code int) {
	text := err.Error()
	var wrong *usageError
	switch {
	case code == exitInterrupted:
		text = "interrupted"
		if slices.Contains([]string{"run", "retry", "schedule", "load", "migrate"}, cmd.Name()) {
			text += ": what was committed is kept, and the same command goes on from there"
		}
	case errors.As(err, &wrong) && wrong.help:
		text += "\nSee \"" + cmd.CommandPath() + " --help\"."
	}
	if code != exitUsage {
		text = logs.Redact(text) // it may be in a log; what one typed oneself may be repeated
	}
	if g.logFormat == "json" {
		log := g.log
		if state := logs.SQLState(err); state != "" {
			log = log.With("sqlstate", state)
		}
		log.Error(text, "exit_code", code) //nolint:sloglint // the error is the message
		return
	}
	fmt.Fprintln(g.err, "attribution: "+text)
}

// A usageError is a command line or a configuration that makes no sense.
type usageError struct {
	error
	help bool // --help would help
}

// Unwrap says that it is one of usage, and what it is about.
func (e *usageError) Unwrap() []error { return []error{pipeline.ErrUsage, e.error} }

// usagef is an error of the command line.
func usagef(format string, args ...any) error {
	return &usageError{error: fmt.Errorf(format, args...), help: true}
}

// misconfigured marks err as one of configuration.
func misconfigured(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{error: err}
}

// A warnedError ends a command that did its work under --strict, with warnings.
type warnedError struct{ text string }

// Error says how many warnings there were.
func (e *warnedError) Error() string { return e.text }
