-- What was read. Reads: incoming.
SELECT count(*), max(load_time) FILTER (WHERE isfinite(load_time)), min(received_at), max(received_at), count(*) FILTER (WHERE id = '')
FROM incoming
WHERE reason IS NULL
