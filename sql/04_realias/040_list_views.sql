-- The months whose visits have a view by person. Reads: the catalog. @schema.
SELECT c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = @schema AND c.relkind = 'v' AND c.relname ~ '^all_tracks_\d{4}_\d{2}_aliased$'
ORDER BY 1
