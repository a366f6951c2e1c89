-- Keeps the row counts of the days just read. Reads: the source. Writes: source_days.
-- @source, @source_table, @from, @to: received_at, both inclusive.
INSERT INTO {{ops}}.source_days (source, source_table, day, row_count)
SELECT @source::text, @source_table, (t.received_at::timestamptz AT TIME ZONE 'UTC')::date, count(*)
FROM {{.Source}} AS t
WHERE t.received_at >= @from AND t.received_at <= @to
GROUP BY 3
ON CONFLICT (source, source_table, day) DO UPDATE SET row_count = excluded.row_count
