-- What waits: persons, their visits, a mark that every person is to be merged anew, and how many visits there are about.
-- Reads: dirty_persons, dirty_stages, the catalog. @schema: that of all_tracks.
SELECT count(*), coalesce(sum(visit_count), 0)::bigint,
    (SELECT mark FROM {{ops}}.dirty_stages WHERE stage = 'resessionize'),
    (
        SELECT coalesce(sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid))), 0)::bigint
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace
        WHERE n.nspname = @schema AND p.relname = 'all_tracks'
    )
FROM {{ops}}.dirty_persons
