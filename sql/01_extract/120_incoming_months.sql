-- The months rows are about to go to. Reads: incoming.
SELECT DISTINCT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date
FROM incoming
ORDER BY 1
