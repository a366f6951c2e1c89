-- Our schemas, and whether the role may use them and make tables there. Reads: the catalog. @schemas.
SELECT nspname, pg_catalog.has_schema_privilege(oid, 'USAGE'), pg_catalog.has_schema_privilege(oid, 'CREATE')
FROM pg_catalog.pg_namespace
WHERE nspname = ANY (@schemas::text[])
ORDER BY 1
