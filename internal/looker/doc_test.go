// Package looker_test makes the LookML of looker/generated from the comments of a
// migrated database, and holds all of looker/ to that database: every expression is
// typed by PostgreSQL, every join is on a whole key, every explore is executed.
package looker_test
