-- Lists the partitions of a table. Reads: the catalog. @schema, @parent: its name.
SELECT c.relname
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
WHERE n.nspname = @schema AND p.relname = @parent
ORDER BY c.relname
