package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// newMigrateCmd makes "attribution migrate".
func newMigrateCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Make our tables, or bring them up to this program's version",
		Long: `Makes the tables this program needs, or changes them to its version. It never
touches the tables Segment writes, and may be run at any time, by several at once.`,
		Example: `  attribution migrate --database-url postgres://etl@warehouse/analytics`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return g.runMigrate(cmd.Context()) },
	}
}

func (g *globals) runMigrate(ctx context.Context) error {
	c, stop, err := g.configure(ctx)
	if err != nil {
		return err
	}
	defer stop()
	ran, err := g.migrate(ctx, c)
	if err != nil {
		return err
	}
	if g.json() {
		return g.printJSON(map[string][]string{"migrations": append([]string{}, ran...)})
	}
	if len(ran) == 0 {
		fmt.Fprintln(g.out, "Nothing to migrate: the tables are of this program's version.")
		return nil
	}
	fmt.Fprintf(g.out, "%s done. Next: %s\n", plural(len(ran), "migration"), g.command("run"))
	return nil
}
