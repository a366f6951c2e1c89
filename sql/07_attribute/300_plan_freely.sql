-- Money is of all rows: what the night set for its few does not hold any more. No nested loops: where statistics are of
-- yesterday's empty tables they would take hours; nor hashed groups, whose thirty sums each would not fit into memory.
SELECT pg_catalog.set_config('enable_hashjoin', 'on', true), pg_catalog.set_config('enable_mergejoin', 'on', true),
    pg_catalog.set_config('enable_seqscan', 'on', true), pg_catalog.set_config('enable_nestloop', 'off', true), pg_catalog.set_config('enable_hashagg', 'off', true)
