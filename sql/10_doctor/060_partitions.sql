-- Partitions: of which table, whose bounds, being detached or not, and the indexes of each. Reads: the catalog. @schemas, @names:
-- the tables, pairwise.
SELECT pn.nspname, p.relname, n.nspname, c.relname, i.inhdetachpending,
    (SELECT count(*) FROM pg_catalog.pg_index AS x WHERE x.indrelid = c.oid)
FROM unnest(@schemas::text[], @names::text[]) WITH ORDINALITY AS t (schema_name, table_name, place)
JOIN pg_catalog.pg_namespace AS pn ON pn.nspname = t.schema_name
JOIN pg_catalog.pg_class AS p ON p.relnamespace = pn.oid AND p.relname = t.table_name
JOIN pg_catalog.pg_inherits AS i ON i.inhparent = p.oid
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY t.place, c.relname
