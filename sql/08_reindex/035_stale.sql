-- The tables whose statistics were never taken, or at a size a tenth off today's. Of partitioned tables autovacuum never
-- takes any, and taking them samples every partition anew: measured at 2 M events 4 s, which a night that changes a
-- thousandth need not spend. Reads: the catalog, the server's counters. @schemas, @names: the tables, pairwise.
SELECT n.nspname, c.relname
FROM unnest(@schemas::text[], @names::text[]) WITH ORDINALITY AS t (schema_name, table_name, place)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema_name
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.table_name
LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhparent = c.oid
JOIN pg_catalog.pg_class AS leaf ON leaf.oid = coalesce(i.inhrelid, c.oid)
GROUP BY n.nspname, c.relname, c.reltuples, t.place
HAVING c.reltuples < 0
    OR abs(c.reltuples - sum(greatest(pg_catalog.pg_stat_get_live_tuples(leaf.oid), leaf.reltuples))) > 0.1 * c.reltuples
ORDER BY t.place
