-- The bounds of every partition, in order. Reads: the catalog. @schema, @parent.
SELECT c.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace
WHERE n.nspname = @schema AND p.relname = @parent
ORDER BY c.relname
