-- The time at the server. Reads: its clock.
SELECT pg_catalog.clock_timestamp()
