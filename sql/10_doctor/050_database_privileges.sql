-- What the role may make in the database, and those of our schemas that are not there. Reads: the catalog. @schemas.
SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
    ARRAY(SELECT s FROM unnest(@schemas::text[]) AS s WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = s))
