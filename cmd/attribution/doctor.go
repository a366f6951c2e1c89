package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/doctor"
	"github.com/attribution-dev/attribution/internal/pipeline"
)

// errUnwell ends a doctor that found something failed.
var errUnwell = errors.New("not all is well: see above")

const doctorLong = `Looks at everything that is configured: the database and its settings, privileges, our
tables, the sources, the last run, and those who are told of runs. It says of each
what is right, and how to mend what is not: a statement or command to copy, or a
sentence. It changes nothing, wakes nobody, and waits for nothing longer than a few
seconds. Exits with 1 when something failed; warnings alone are 0.`

// newDoctorCmd makes "attribution doctor".
func newDoctorCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what is right with the installation, and how to mend what is not",
		Long:  doctorLong,
		Example: `  attribution doctor
  attribution doctor --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.doctor(cmd.Context()) },
	}
}

func (g *globals) doctor(ctx context.Context) error {
	c, stop, err := g.configure(ctx)
	if err != nil {
		return err
	}
	defer stop()
	settings, err := pipeline.Settings(c)
	if err != nil {
		return err
	}
	lines, err := doctor.Examine(ctx, doctor.Options{
		DatabaseURL: c.DatabaseURL, Password: pipeline.Password(c), Names: pipeline.Names(c), Settings: settings, DogStatsD: g.agent(c),
		RoutingKey: c.Notify.PagerDutyRoutingKey, EventsEndpoint: c.Notify.PagerDutyEndpoint, HeartbeatURL: c.Notify.HeartbeatURL, Now: g.now,
	})
	if err != nil {
		return err
	}
	counts := map[doctor.State]int{}
	for _, l := range lines {
		counts[l.State]++
	}
	if g.json() {
		err = g.printJSON(lines)
	} else {
		g.printDoctor(lines, counts)
	}
	if err == nil && counts[doctor.Failed] > 0 {
		err = errUnwell
	}
	return err
}

// manyRemedies is how many of a line's remedies are printed.
const manyRemedies = 5

// printDoctor prints each line, and under it how to mend what is not right. Statements
// are not broken into lines, so that they can be copied.
func (g *globals) printDoctor(lines []doctor.Line, counts map[doctor.State]int) {
	for _, l := range lines {
		fmt.Fprintln(g.out, wrap(l.Found, fmt.Sprintf("%-8s  %-15s ", l.State, l.Check), strings.Repeat(" ", 26)))
		for i, r := range l.Remedies {
			if i == manyRemedies {
				fmt.Fprintf(g.out, "%26s→ and %d more: %s\n", "", len(l.Remedies)-i, g.command("doctor --output json"))
				break
			}
			fmt.Fprintf(g.out, "%26s→ %s\n", "", r)
		}
	}
	if counts[doctor.OK] == len(lines) {
		g.title("All %d checks are right.", len(lines))
		return
	}
	g.title("%d right, %s, %d failed, %d skipped.", counts[doctor.OK], plural(counts[doctor.Warning], "warning"), counts[doctor.Failed], counts[doctor.Skipped])
}

// agent is the address of the Datadog agent that the environment names, as datadog-go
// reads it; "" for none.
func (g *globals) agent(c config.Config) string {
	const port = "8125" // DogStatsD's own
	if !c.Notify.Datadog {
		return ""
	}
	if address := g.lookup("DD_DOGSTATSD_URL"); address != "" {
		u, err := url.Parse(address)
		switch {
		case err != nil || u.Scheme != "udp":
			return address
		case u.Port() == "":
			return u.Host + ":" + port
		}
		return u.Host
	}
	host := g.lookup("DD_AGENT_HOST")
	if strings.Contains(host, ":") {
		return host
	}
	if own := g.lookup("DD_DOGSTATSD_PORT"); own != "" {
		return host + ":" + own
	}
	return host + ":" + port
}
