package stages

import "time"

// The tests of this package work as if everything were large: months are taken in one
// by one and read in spans, edges are resolved in batches. Those of the pipeline do
// it all at once.
func init() {
	rowsPerWindow = 1
	bytesPerEvent, shortestSpan = 1<<40, 7*24*time.Hour
	edgeBatch = 1
}
