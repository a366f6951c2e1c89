-- Rows taken in since the last check of which another copy was taken in, also in a neighbouring month.
-- Reads: app_tracks, totals. @dedup_window.
SELECT count(*)
FROM {{segment}}.app_tracks AS n
JOIN {{segment}}.app_tracks AS e ON e.id = n.id AND e.source = n.source AND e.kind = n.kind
WHERE n.extract_id > (SELECT checked_extract FROM {{ops}}.totals)
    AND (e.received_at, e.extract_id) <> (n.received_at, n.extract_id)
    AND e.received_at >= n.received_at - @dedup_window::interval AND e.received_at <= n.received_at + @dedup_window::interval
