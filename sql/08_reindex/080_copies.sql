-- Rows taken in since the last check of which another copy was taken in, also in a neighbouring month.
-- Reads: app_tracks. @checked: the last extraction checked; @dedup_window.
-- Flag: nothing was checked yet; hashes that occur twice are looked for first, since asking the index for each row, or
-- joining all with all, takes several times as long.
{{- if .Flag}}
WITH suspects AS MATERIALIZED (
    SELECT hashtextextended(id, 0) AS hash
    FROM {{segment}}.app_tracks
    GROUP BY 1
    HAVING count(*) > 1
), taken_in AS MATERIALIZED (
    SELECT t.source, t.kind, t.id, t.received_at, t.extract_id, t.tableoid AS place, t.ctid AS spot
    FROM {{segment}}.app_tracks AS t
    JOIN suspects AS s ON s.hash = hashtextextended(t.id, 0)
)
SELECT count(*)
FROM taken_in AS n
JOIN taken_in AS e ON e.id = n.id AND e.source = n.source AND e.kind = n.kind
{{- else}}
SELECT count(*)
FROM {{segment}}.app_tracks AS n
CROSS JOIN LATERAL (
    SELECT c.received_at, c.tableoid AS place, c.ctid AS spot
    FROM {{segment}}.app_tracks AS c
    WHERE c.id = n.id AND c.source = n.source AND c.kind = n.kind
        AND c.received_at >= n.received_at - @dedup_window::interval AND c.received_at <= n.received_at + @dedup_window::interval
    OFFSET 0
) AS e
{{- end}}
WHERE n.extract_id > @checked
    AND (e.place, e.spot) <> ({{if .Flag}}n.place, n.spot{{else}}n.tableoid, n.ctid{{end}})
    AND e.received_at >= n.received_at - @dedup_window::interval AND e.received_at <= n.received_at + @dedup_window::interval
