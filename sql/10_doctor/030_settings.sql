-- The numeric settings this session began with, in their own units (kB, ms, MB); those this version does not have are left
-- out. Reads: the settings. @names.
SELECT name, reset_val::bigint
FROM pg_catalog.pg_settings
WHERE name = ANY (@names::text[]) AND vartype = 'integer'
