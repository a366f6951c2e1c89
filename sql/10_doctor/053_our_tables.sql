-- Our tables, views and sequences that are another role's (true), or that the role may not read and write although they are its
-- own (false). A column's own sequence goes with its table. Reads: the catalog. @schemas.
SELECT n.nspname, c.relname, NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
WHERE n.nspname = ANY (@schemas::text[]) AND c.relkind IN ('r', 'p', 'v', 'S')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE c.relkind = 'S' AND d.objid = c.oid AND d.deptype IN ('a', 'i'))
    AND (
        NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
        OR c.relkind IN ('r', 'p') AND NOT (
            pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
            AND pg_catalog.has_table_privilege(c.oid, 'UPDATE') AND pg_catalog.has_table_privilege(c.oid, 'DELETE')
            AND pg_catalog.has_table_privilege(c.oid, 'TRUNCATE')
        )
    )
ORDER BY 1, 2
