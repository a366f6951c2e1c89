package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/attribution-dev/attribution/internal/progress"
)

// globals are the flags every command has, and what the program got from outside.
type globals struct {
	deps
	databaseURL string
	configFile  string
	embedded    string // folder of a private Postgres
	output      string // table, json, or what else a command can
	logFormat   string // text or json
	logLevel    string
	cpuProfile  string // file a profile is written to, for bench and developers
	endProfile  func() error
	log         *slog.Logger
}

// json reports whether the result is to be JSON.
func (g *globals) json() bool { return g.output == "json" }

const rootLong = `Attribution works out where the people who signed up came from.

It reads the events that Segment wrote to a Postgres warehouse, joins devices into
persons, cuts their events into sessions, and publishes sessions.attribution: one row
for each signed-up person, with first and last touch, paid and not. Eight stages do
it, every night, each taking up what is new.

The database is --database-url, else DATABASE_URL (or the file DATABASE_URL_FILE
names), else database_url in the settings, else libpq's PG* variables; or a private
one under --embedded. Settings are a YAML file (--config) and the environment: every
key also as ATTRIBUTION_… such as ATTRIBUTION_SESSION_GAP=30m.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 another run is at work,
4 interrupted by a signal, 5 done with data warnings under --strict.`

const rootExample = `  attribution demo                            # the whole thing, on made-up events
  attribution load --schema website events/   # Segment's raw JSON into Postgres
  attribution migrate && attribution run      # tonight, and every night
  attribution status                          # what is fresh, what waits`

// newRootCmd makes the program's commands.
func newRootCmd(d deps) (*cobra.Command, *globals) {
	g := &globals{deps: d, logFormat: "text", log: newLog(d.err, "text", slog.LevelInfo)}
	root := &cobra.Command{
		Use:               "attribution",
		Short:             "Where the people who signed up came from",
		Long:              rootLong,
		Example:           rootExample,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              unknownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return g.check("table", "json") },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&g.databaseURL, "database-url", "", "Postgres to work in, such as postgres://user@host/warehouse")
	flags.StringVar(&g.configFile, "config", "", "settings `file`, YAML (default: the one ATTRIBUTION_CONFIG names)")
	flags.StringVar(&g.embedded, "embedded", "", "run a private Postgres under `dir`; dir/attribution.yaml, where there is one, is its settings file")
	flags.StringVar(&g.output, "output", "table", "the result on stdout: table or json")
	flags.StringVar(&g.logFormat, "log-format", "text", "the log on stderr: text or json")
	flags.StringVar(&g.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&g.cpuProfile, "cpu-profile", "", "write a CPU profile into this `file`")
	_ = flags.MarkHidden("cpu-profile") // it exists
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetIn(d.in)
	root.SetOut(d.out)
	root.SetErr(d.err)
	root.AddCommand(
		newBenchCmd(g), newChannelsCmd(g), newDemoCmd(g), newDoctorCmd(g), newExplainCmd(g), newForgetCmd(g), newHistoryCmd(g), newLoadCmd(g), newMigrateCmd(g), newModelsCmd(g), newPlanCmd(g),
		newReportCmd(g), newRetryCmd(g), newRunCmd(g), newScheduleCmd(g), newSimulateCmd(g), newStatusCmd(g), newSurveyCmd(g), newVerifyCmd(g), newVersionCmd(g),
	)
	return root, g
}

// check looks at the flags every command has, and whether the command has the output.
func (g *globals) check(outputs ...string) error {
	format, output := g.logFormat, g.output
	if format != "text" && format != "json" {
		g.logFormat = "text" // for the error itself
		return usagef("--log-format %q: want text or json", format)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(g.logLevel)); err != nil {
		return usagef("--log-level %q: want debug, info, warn or error", g.logLevel)
	}
	g.log = newLog(g.err, format, level)
	if !slices.Contains(outputs, output) {
		last := len(outputs) - 1
		return usagef("--output %q: want %s or %s", output, strings.Join(outputs[:last], ", "), outputs[last])
	}
	if g.embedded != "" && g.databaseURL != "" {
		return usagef("--embedded and --database-url are two databases: give one of them")
	}
	if hasPassword(g.databaseURL) {
		return usagef("--database-url: a password on the command line shows in the list of processes: give the URL as DATABASE_URL, or the password by PGPASSFILE, PGPASSWORD or database_password_file")
	}
	return g.beginProfile()
}

// hasPassword reports whether a URL or a key=value string of libpq has a password.
func hasPassword(database string) bool {
	if u, err := url.Parse(database); err == nil && u.Scheme != "" {
		_, set := u.User.Password()
		return set || u.Query().Has("password")
	}
	return strings.Contains(database, "password=") || strings.Contains(database, "password =")
}

// beginProfile begins the profile asked for; endProfile, where set, ends it.
func (g *globals) beginProfile() error {
	if g.cpuProfile == "" {
		return nil
	}
	file, err := os.Create(g.cpuProfile)
	if err != nil {
		return usagef("--cpu-profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	g.endProfile = func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}
	return nil
}

// command is a command to type next, with the flags that say where this one worked. A
// database URL is left out: it may hold a password.
func (g *globals) command(name string) string {
	c := "attribution " + name
	if g.configFile != "" {
		c += " --config " + g.configFile
	}
	if g.embedded != "" {
		c += " --embedded " + g.embedded
	}
	if g.databaseURL != "" {
		c += " --database-url ..."
	}
	return c
}

// watched reports whether somebody reads the log on a terminal.
func (g *globals) watched() bool { return g.errTerminal && g.logFormat == "text" }

// progress begins to show how far some work has come.
func (g *globals) progress(label, unit string, total int64) *progress.Progress {
	return g.progressTo(g.log, label, unit, total)
}

// progressTo is progress with its log lines in log.
func (g *globals) progressTo(log *slog.Logger, label, unit string, total int64) *progress.Progress {
	return progress.New(progress.Options{
		Out: g.err, Terminal: g.watched(), Log: log,
		Label: label, Unit: unit, Total: total, Now: g.now,
	})
}

// unknownCommand refuses what is no command, naming the one that was meant.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usagef("unknown command %q%s", args[0], didYouMean(args[0], names))
}

// flagError says what is wrong with a flag, naming the one that was meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return usagef("%w", err)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	name := unknown.GetSpecifiedName()
	if len(name) == 1 {
		return usagef("unknown flag -%s: flags are written out, such as --%s", name, names[0])
	}
	if meant := closest(name, names); meant != "" {
		return usagef("unknown flag --%s: did you mean --%s?", name, meant)
	}
	return usagef("unknown flag --%s", name)
}

// noArguments refuses arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument, and got %q", cmd.Name(), strings.Join(args, " "))
	}
	return nil
}

// newVersionCmd makes "attribution version".
func newVersionCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the program's version",
		Example: "  attribution version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if g.json() {
				return g.printJSON(map[string]string{"version": programVersion()})
			}
			fmt.Fprintln(g.out, "attribution "+programVersion())
			return nil
		},
	}
}
