package stages

// The tests of this package take months in one by one, as if each were large; those of
// the pipeline take small tables in at once.
func init() { rowsPerWindow = 1 }
