-- How many connections the server, the database and the role allow, -1 for no limit, and how many there are now. Those kept for
-- superusers are no one else's. An ordinary role is not told the kind of other roles' sessions. Reads: the catalog, the sessions.
SELECT s.most - s.kept, s.used, d.datconnlimit, s.of_database, r.rolconnlimit, s.of_role
FROM pg_catalog.pg_database AS d, pg_catalog.pg_roles AS r, (
    SELECT (SELECT sum(setting::int) FROM pg_catalog.pg_settings WHERE name = 'max_connections') AS most,
        (SELECT sum(setting::int) FROM pg_catalog.pg_settings WHERE name IN ('superuser_reserved_connections', 'reserved_connections')) AS kept,
        count(*) AS used, count(*) FILTER (WHERE datname = pg_catalog.current_database()) AS of_database,
        count(*) FILTER (WHERE usename = current_user) AS of_role
    FROM pg_catalog.pg_stat_activity
    WHERE application_name <> 'attribution doctor' AND (backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL)
) AS s
WHERE d.datname = pg_catalog.current_database() AND r.rolname = current_user
