-- Of the copies of a row within the window the least stays.
-- Writes: incoming, duplicate_rows. @source, @kind, @run, @dedup_window.
WITH repeated AS (
    SELECT id FROM incoming GROUP BY id HAVING count(*) > 1
), digested AS (
    SELECT i.n, i.id, i.received_at, i.load_time,{{if not .Identities}} i.is_bot,{{end}} {{template "incoming_md5" .}} AS row_md5
    FROM incoming AS i
    JOIN repeated AS d ON d.id = i.id
), ranked AS (
    SELECT n, row_md5,
        received_at - lag(received_at) OVER least <= @dedup_window::interval AS is_copy,
        row_number() OVER (PARTITION BY id, row_md5, load_time ORDER BY {{if not .Identities}}is_bot, {{end}}n) AS copy
    FROM digested
    WINDOW least AS (PARTITION BY id ORDER BY received_at, load_time, row_md5, {{if not .Identities}}is_bot, {{end}}n)
), gone AS (
    DELETE FROM incoming AS i USING ranked AS r WHERE i.n = r.n AND r.is_copy RETURNING i.id, i.received_at, i.load_time, r.row_md5, r.copy
)
INSERT INTO {{ops}}.duplicate_rows (source, kind, row_md5, load_time, copy, id, received_at, run_id)
SELECT @source::text, @kind::smallint, md5(id || row_md5), load_time, copy, id, received_at, @run::bigint
FROM gone
ON CONFLICT DO NOTHING
