-- Rows taken in since the last check of which another copy was taken in, also in a neighbouring month.
-- Reads: app_tracks. Flag: nothing was checked yet, and one join over all is cheaper than asking the index for each row.
-- @checked: the last extraction checked; @dedup_window.
SELECT count(*)
FROM {{segment}}.app_tracks AS n
{{- if .Flag}}
JOIN {{segment}}.app_tracks AS e ON e.id = n.id AND e.source = n.source AND e.kind = n.kind
{{- else}}
CROSS JOIN LATERAL (
    SELECT c.received_at, c.extract_id
    FROM {{segment}}.app_tracks AS c
    WHERE c.id = n.id AND c.source = n.source AND c.kind = n.kind
        AND c.received_at >= n.received_at - @dedup_window::interval AND c.received_at <= n.received_at + @dedup_window::interval
    OFFSET 0
) AS e
{{- end}}
WHERE n.extract_id > @checked
    AND (e.received_at, e.extract_id) <> (n.received_at, n.extract_id)
    AND e.received_at >= n.received_at - @dedup_window::interval AND e.received_at <= n.received_at + @dedup_window::interval
