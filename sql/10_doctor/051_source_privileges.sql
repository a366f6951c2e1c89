-- The tables of the sources, and whether the role may read them. Reads: the catalog. @schemas, @tables: the names to look for.
SELECT n.nspname, c.relname, pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT')
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
WHERE n.nspname = ANY (@schemas::text[]) AND c.relname = ANY (@tables::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY 1, 2
