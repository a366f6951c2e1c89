-- How much waits. Reads: dirty_identifiers.
SELECT count(*) FROM {{ops}}.dirty_identifiers
