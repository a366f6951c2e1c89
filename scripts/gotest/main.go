// Command gotest runs "go test -json" with its arguments, shows what failed and
// one line a package, and ends with a line such as
//
//	412 passed, 0 failed
//
// It counts tests that have no subtests, and subtests; a package that does not
// build or ends without naming a failed test is one failure. A test may be
// skipped only with a message that begins "skip ok:"; any other skip counts as
// a failure, so that a machine on which tests do not run cannot look green.
//
//	gotest [-summary file] [-module dir] [go test arguments …]
//
// -summary also writes the last line to a file; -module tests the module in a
// folder too, by the same arguments, and counts both as one. They come first,
// in this order. Exit code: 0 when nothing failed, else 1.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	args, summary, module := os.Args[1:], "", ""
	if len(args) > 1 && args[0] == "-summary" {
		summary, args = args[1], args[2:]
	}
	if len(args) > 1 && args[0] == "-module" {
		module, args = args[1], args[2:]
	}
	result := newTally(os.Stdout)
	err := result.run(".", args)
	if err == nil && module != "" {
		err = result.run(module, args)
	}
	result.closing()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
	line := fmt.Sprintf("%d passed, %d failed", result.passed, result.failed)
	if summary != "" {
		if err := os.WriteFile(summary, []byte(line+"\n"), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gotest:", err)
			os.Exit(1)
		}
	}
	fmt.Println(line)
	if result.failed > 0 {
		os.Exit(1)
	}
}

// run runs go test in a folder and counts. Its exit code says no more than the count,
// unless nothing at all was counted as failed.
func (t *tally) run(dir string, args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := t.read(out); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil && t.failed == 0 {
		return fmt.Errorf("go test: %w", err)
	}
	return nil
}
