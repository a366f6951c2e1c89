-- Days of a source table without uuid_ts whose row count differs from when they were last read.
-- Reads: the source, source_days. @source, @source_table, @from, @to: received_at, half open at @from.
SELECT coalesce(n.day, o.day) AS day
FROM (
    SELECT (t.received_at::timestamptz AT TIME ZONE 'UTC')::date AS day, count(*) AS row_count
    FROM {{.Source}} AS t
    WHERE t.received_at >= @from AND t.received_at <= @to
    GROUP BY 1
) AS n
FULL JOIN (
    SELECT day, row_count
    FROM {{ops}}.source_days
    WHERE source = @source AND source_table = @source_table AND day >= (@from::timestamptz AT TIME ZONE 'UTC')::date
) AS o ON o.day = n.day
WHERE n.row_count IS DISTINCT FROM o.row_count
ORDER BY 1
