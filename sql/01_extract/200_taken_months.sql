-- How many rows of each source table were taken in, by month. Reads: app_tracks or app_identities.
SELECT source, kind, (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date, count(*)
FROM {{.Table}}
GROUP BY 1, 2, 3
ORDER BY 3, 1, 2
