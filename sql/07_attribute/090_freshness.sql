-- Says what was published when. Reads: counters. Writes: published. @run, @tables.
INSERT INTO {{ops}}.published (table_name, run_id, newest_event, published_at)
SELECT t, @run::bigint, (SELECT max(newest) FROM {{ops}}.counters), clock_timestamp()
FROM unnest(@tables::text[]) AS t
ON CONFLICT (table_name) DO UPDATE
SET run_id = excluded.run_id, newest_event = excluded.newest_event, published_at = excluded.published_at
