-- Says what was published when. Reads: counters. Writes: published. @run, @tables, @row_counts: of the tables, in their order.
INSERT INTO {{ops}}.published (table_name, run_id, newest_event, published_at, row_count)
SELECT t, @run::bigint, (SELECT max(newest) FROM {{ops}}.counters), clock_timestamp(), n
FROM unnest(@tables::text[], @row_counts::bigint[]) AS p (t, n)
ON CONFLICT (table_name) DO UPDATE
SET run_id = excluded.run_id, newest_event = excluded.newest_event, published_at = excluded.published_at, row_count = excluded.row_count
