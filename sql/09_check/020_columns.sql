-- The columns of a table, and which are shares, worked out in floating point. Reads: the catalog. @schema, @table.
SELECT a.attname, a.atttypid = 'double precision'::pg_catalog.regtype
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = @schema AND c.relname = @table AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
