// Command withpg runs a command with a throw-away PostgreSQL server for its
// tests, so that the packages of one "go test" share one.
//
//	withpg [-version 16] command [argument …]
//
// The command finds the server's URL in ATTRIBUTION_TEST_DATABASE_URL; where
// that is set already, its server is used and none started (unless -version
// asks for one). Exit code: the command's; 2 for wrong usage; 3 when no server
// could be had or started.
//
//	withpg -remove folder
//
// deletes a server that "attribution --embedded" or "attribution demo" left in a
// folder, data included.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/attribution-dev/attribution/internal/pg/embedded"
	"github.com/attribution-dev/attribution/internal/testkit"
)

// The exit codes that are not the command's own.
const (
	exitUsage    = 2
	exitNoServer = 3
)

func main() {
	version := flag.String("version", "", "major version of PostgreSQL, such as 16 (default: the newest one found)")
	remove := flag.String("remove", "", "delete the server in this folder")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	switch {
	case *remove != "" && flag.NArg() == 0:
		if err := embedded.Remove(ctx, *remove); err != nil {
			fail(1, err)
		}
	case *remove == "" && flag.NArg() > 0:
		os.Exit(run(ctx, *version, flag.Args()))
	default:
		flag.Usage()
		os.Exit(exitUsage)
	}
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "withpg:", err)
	os.Exit(code)
}

// run runs the command beside a server and returns its exit code.
func run(ctx context.Context, version string, command []string) int {
	if version == "" && os.Getenv(testkit.EnvServer) != "" {
		return execute(command, nil)
	}
	options := testkit.ServerOptions()
	options.Version = version
	server, err := embedded.Start(ctx, options)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
		return exitNoServer
	}
	code := execute(command, append(os.Environ(), testkit.EnvServer+"="+server.URL("postgres")))
	if os.Getenv(testkit.EnvKeep) == "1" && code != 0 {
		fmt.Fprintf(os.Stderr, "withpg: %s=1: the server stays, at\n  %s\nto stop it: kill -INT %d; its data: %s\n",
			testkit.EnvKeep, server.URL("postgres"), server.PID(), server.DataDirectory())
		return code
	}
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
		code = max(code, 1)
	}
	if options.Dir != "" {
		if err := embedded.Remove(context.WithoutCancel(ctx), options.Dir); err != nil {
			fmt.Fprintln(os.Stderr, "withpg:", err)
		}
	}
	return code
}

// execute runs the command to its end. An interrupt from a terminal reaches it
// without us; what is sent to us alone is passed on, and we wait for it, so that
// the server is stopped after it.
func execute(command, environment []string) int {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = environment
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
		return exitUsage
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // gone already: Wait returns
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "withpg:", err)
	return 1
}
