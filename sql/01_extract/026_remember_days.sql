-- Keeps the row counts of the whole days just read, as they were read. Reads: incoming. Writes: source_days.
-- @source, @source_table, @from: the first whole day.
INSERT INTO {{ops}}.source_days (source, source_table, day, row_count)
SELECT @source, @source_table, (received_at AT TIME ZONE 'UTC')::date, count(*)
FROM incoming
WHERE received_at >= @from AND isfinite(received_at)
GROUP BY 3
ON CONFLICT (source, source_table, day) DO UPDATE SET row_count = excluded.row_count
