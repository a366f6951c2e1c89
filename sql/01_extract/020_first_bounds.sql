-- First and last received_at of a source table not taken in yet. Reads: the source. @min, @max: what counts as a time; @as_of.
SELECT min(t.received_at::timestamptz), max(t.received_at::timestamptz)
FROM {{.Source}} AS t
WHERE t.received_at >= @min AND t.received_at < @max AND t.received_at <= @as_of
