// Command attribution works out, every night, where the people who signed up came
// from: it reads the events Segment wrote to a Postgres warehouse and publishes
// sessions.attribution. "attribution --help" lists the commands.
package main

import (
	"os"
	_ "time/tzdata" // the binary runs on machines without time zones
)

// version is set by the linker: see the Makefile.
var version string

func main() {
	os.Exit(execute(fromProcess(), os.Args[1:]))
}
