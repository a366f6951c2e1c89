-- Removes the rows of a month taken in that its source table has no more, and marks their pairs for a rebuild; what had
-- copies is read again. Flag: as in 210.
-- Writes: app_tracks or app_identities, counters, dirty_pairs, dirty_ids. Reads: present, duplicate_rows.
-- @source, @kind, @extract; @from, @to: received_at.
WITH gone AS (
    DELETE FROM {{.Table}} AS e
    WHERE e.source = @source AND e.kind = @kind::smallint AND e.received_at >= @from AND e.received_at < @to
        AND NOT EXISTS (
            SELECT FROM present AS p
            WHERE p.id = e.id AND p.received_at = e.received_at
            {{- if not .Flag}} AND p.load_time = coalesce(e.uuid_ts, e.received_at) AND p.row_md5 = {{template "taken_md5" .}}{{end}}
        )
    RETURNING e.*
), uncounted AS (
    UPDATE {{ops}}.counters AS c
    SET taken_in = c.taken_in - (SELECT count(*) FROM gone)
    WHERE c.received_month = (@from::timestamptz AT TIME ZONE 'UTC')::date AND {{if .Identities}}false{{else}}true{{end}}
), pairs AS (
    INSERT INTO {{ops}}.dirty_pairs (received_month, anonymous_id, user_id, rebuild, extract_id)
    SELECT DISTINCT (@from::timestamptz AT TIME ZONE 'UTC')::date, p.anonymous_id, user_id, true, @extract::bigint
    FROM gone, LATERAL (VALUES (gone.anonymous_id){{if .Identities}}, (gone.previous_id){{end}}) AS p (anonymous_id)
), again AS (
    INSERT INTO {{ops}}.dirty_ids (source, kind, id)
    SELECT DISTINCT g.source, g.kind, g.id
    FROM gone AS g
    JOIN {{ops}}.duplicate_rows AS c ON c.source = g.source AND c.kind = g.kind AND c.id = g.id
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM gone
