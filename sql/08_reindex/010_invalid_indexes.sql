-- Indexes a cancelled build left invalid: they cost every write and serve no read. Reads: the catalog. @schemas.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (@schemas::text[]) AND NOT i.indisvalid AND c.relkind = 'i'
ORDER BY 1, 2
