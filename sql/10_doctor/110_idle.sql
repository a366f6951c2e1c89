-- Our sessions that sit idle in a transaction for longer than @patience, an interval. Reads: the sessions.
SELECT pid
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND application_name = 'attribution' AND state LIKE 'idle in transaction%'
    AND state_change < pg_catalog.clock_timestamp() - @patience::interval
ORDER BY 1
