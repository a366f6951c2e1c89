-- The tables with rows whose statistics were never taken, partitions too. Reads: the catalog, the server's counters. @schemas,
-- @names: the tables, pairwise.
SELECT n.nspname, c.relname
FROM unnest(@schemas::text[], @names::text[]) WITH ORDINALITY AS t (schema_name, table_name, place)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema_name
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.table_name
WHERE c.reltuples < 0 AND EXISTS (
    SELECT FROM pg_catalog.pg_partition_tree(c.oid) AS leaf WHERE leaf.isleaf AND pg_catalog.pg_relation_size(leaf.relid) > 0
) OR c.reltuples < 0 AND c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0
ORDER BY t.place
