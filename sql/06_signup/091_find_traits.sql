-- The traits of the identify calls of this run's persons: a call belongs to its user, else to the person of its device.
-- A copy of a call says what it says of the call taken in, which its id and received_at name; of equal ones the least.
-- Unless Full found by index. Extra: the columns; Columns: id, received_at, uuid_ts and those of the source's table.
-- Reads: app_identities, user_ids, anonymous_ids, the source's identifies. Writes: traits. @source; @as_of: the run's clock.
WITH calls AS (
{{- if .Full}}
    SELECT coalesce(u.alias_id, CASE WHEN a.is_identified THEN a.alias_id END, i.anonymous_id) AS alias_id,
        u.alias_id IS NOT NULL OR coalesce(a.is_identified, false) AS is_identified, i.id, i.received_at, i."timestamp"
    FROM {{segment}}.app_identities AS i
    LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = i.user_id
    LEFT JOIN {{aliases}}.anonymous_ids AS a ON u.user_id IS NULL AND a.anonymous_id = i.anonymous_id
    WHERE i.source = @source AND i.kind = 4
{{- else}}
    SELECT p.alias_id, p.is_identified, i.id, i.received_at, i."timestamp"
    FROM {{aside "stages" "persons" .Run}} AS p
    JOIN {{aliases}}.user_ids AS u ON u.alias_id = p.alias_id
    CROSS JOIN LATERAL (SELECT v.* FROM {{segment}}.app_identities AS v WHERE v.user_id = u.user_id AND v.source = @source AND v.kind = 4 OFFSET 0) AS i
    WHERE p.is_identified
    UNION ALL
    SELECT p.alias_id, p.is_identified, i.id, i.received_at, i."timestamp"
    FROM {{aside "stages" "persons" .Run}} AS p
    CROSS JOIN LATERAL (
        SELECT a.anonymous_id FROM {{aliases}}.anonymous_ids AS a WHERE p.is_identified AND a.alias_id = p.alias_id AND a.is_identified
        UNION ALL
        SELECT p.alias_id WHERE NOT p.is_identified
            AND NOT EXISTS (SELECT FROM {{aliases}}.anonymous_ids AS a WHERE a.anonymous_id = p.alias_id AND a.is_identified)
    ) AS d
    CROSS JOIN LATERAL (SELECT v.* FROM {{segment}}.app_identities AS v WHERE v.anonymous_id = d.anonymous_id AND v.source = @source AND v.kind = 4 OFFSET 0) AS i
    WHERE NOT EXISTS (SELECT FROM {{aliases}}.user_ids AS u WHERE u.user_id = i.user_id)
{{- end}}
)
INSERT INTO {{aside "stages" "traits" .Run}} (alias_id, is_identified, at, received_at, source, id, traits)
SELECT DISTINCT ON (c.id, c.received_at) c.alias_id, c.is_identified,
    CASE WHEN c."timestamp" >= '2000-01-01 00:00:00+00' AND c."timestamp" <= c.received_at + interval '24 hours' THEN c."timestamp" ELSE c.received_at END,
    c.received_at, @source, c.id, t.traits
FROM calls AS c
JOIN (
    SELECT w.id, w.received_at, w.uuid_ts, jsonb_strip_nulls(to_jsonb(n)) AS traits
    FROM (SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}} FROM {{.Source}} AS t) AS w
    CROSS JOIN LATERAL (SELECT {{range $i, $c := .Extra}}{{if $i}}, {{end}}nullif(btrim(w.{{$c}}), '') AS {{$c}}{{end}}) AS n
    WHERE coalesce(w.uuid_ts, w.received_at) <= @as_of
) AS t ON t.id = c.id COLLATE "default" AND t.received_at = c.received_at
ORDER BY c.id, c.received_at, t.uuid_ts, t.traits
