// Package segment knows the shape Segment gives its Postgres tables: it writes
// raw Segment messages into tables of that shape ([Load]) and reads what a schema
// written by Segment holds ([Catalog], [Candidates], [Compare]).
package segment
