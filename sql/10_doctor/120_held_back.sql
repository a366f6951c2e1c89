-- What keeps the server from removing dead rows or old log: transactions and prepared transactions older than @patience, an
-- interval, and replication slots nobody reads. Each with a statement that ends it. Reads: the sessions, prepared transactions, slots.
SELECT 'a transaction open since ' || to_char(xact_start, 'YYYY-MM-DD HH24:MI') || ' UTC', pg_catalog.format('SELECT pg_catalog.pg_terminate_backend(%s)', pid)
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend' AND application_name NOT IN ('attribution', 'attribution doctor')
    AND xact_start < pg_catalog.clock_timestamp() - @patience::interval
UNION ALL
SELECT 'a transaction prepared at ' || to_char(prepared, 'YYYY-MM-DD HH24:MI') || ' UTC', pg_catalog.format('ROLLBACK PREPARED %L', gid)
FROM pg_catalog.pg_prepared_xacts
WHERE database = pg_catalog.current_database() AND prepared < pg_catalog.clock_timestamp() - @patience::interval
UNION ALL
SELECT 'replication slot ' || slot_name || ', which nobody reads', pg_catalog.format('SELECT pg_catalog.pg_drop_replication_slot(%L)', slot_name)
FROM pg_catalog.pg_replication_slots
WHERE NOT active AND restart_lsn IS NOT NULL
