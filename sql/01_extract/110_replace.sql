-- Removes rows taken in of which a lesser copy has come, or that are judged anew (verdict 3), and marks their pairs for a
-- rebuild under their old key. Returns how many of each.
-- Writes: app_tracks or app_identities, duplicate_rows, dirty_pairs, counters. Reads: incoming, matched. @source, @kind, @run, @extract.
WITH gone AS (
    DELETE FROM {{.Table}} AS e
    USING matched AS m
    JOIN incoming AS i ON i.n = m.n
    WHERE m.verdict >= 2 AND e.id = m.id AND e.received_at = m.received_at AND e.source = @source AND e.kind = @kind::smallint
    RETURNING e.*, m.verdict AS "raw verdict", {{template "taken_md5" .}} AS row_md5
), copies AS (
    INSERT INTO {{ops}}.duplicate_rows (source, kind, row_md5, load_time, copy, id, received_at, run_id)
    SELECT source, kind, md5(id || row_md5),
        coalesce(uuid_ts, received_at), 1, id, received_at, @run::bigint
    FROM gone
    WHERE "raw verdict" = 2
    ON CONFLICT DO NOTHING
), uncounted AS (
    UPDATE {{ops}}.counters AS c
    SET taken_in = c.taken_in - g.rows
    FROM (
        SELECT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date AS received_month, count(*) AS rows
        FROM gone
        GROUP BY 1
    ) AS g
    WHERE c.received_month = g.received_month AND {{if .Identities}}false{{else}}true{{end}}
), pairs AS (
    INSERT INTO {{ops}}.dirty_pairs (received_month, anonymous_id, user_id, rebuild, extract_id)
    SELECT DISTINCT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date, p.anonymous_id, user_id, true, @extract::bigint
    FROM gone, LATERAL (VALUES (gone.anonymous_id){{if .Identities}}, (gone.previous_id){{end}}) AS p (anonymous_id)
)
SELECT count(*) FILTER (WHERE "raw verdict" = 2), count(*) FILTER (WHERE "raw verdict" = 3) FROM gone
