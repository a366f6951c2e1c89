-- The size of the database, and of what a full run builds a second time beside what is published. Reads: the sizes of the files.
-- @schemas, @names: the published tables, pairwise.
SELECT pg_catalog.pg_database_size(pg_catalog.current_database()), coalesce((
    SELECT sum(pg_catalog.pg_total_relation_size(leaf.relid))
    FROM unnest(@schemas::text[], @names::text[]) AS t (schema_name, table_name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema_name
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.table_name
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) AS leaf
    WHERE leaf.isleaf
), 0)::bigint
