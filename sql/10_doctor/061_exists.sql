-- Which of these tables are there. Reads: the catalog. @names: quoted and qualified.
SELECT name FROM unnest(@names::text[]) AS name WHERE pg_catalog.to_regclass(name) IS NOT NULL
