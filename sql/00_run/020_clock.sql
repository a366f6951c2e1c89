-- The database's clock, and the as-of of the last run. Reads: runs.
SELECT clock_timestamp(), (SELECT max(as_of) FROM {{ops}}.runs)
