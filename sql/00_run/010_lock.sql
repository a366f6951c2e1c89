-- One run at a time in a database, whoever started it: held by the session until it ends. @key.
SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(@key, 0))
