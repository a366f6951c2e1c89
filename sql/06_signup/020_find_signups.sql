-- A person's signup is its first conversion in the order of events, server events included.
-- Reads: all_conversions, user_ids, anonymous_ids; unless Full only those of the persons of this run, found
-- by index. Writes: signups.
INSERT INTO {{aside "stages" "signups" .Run}} (alias_id, is_identified, signup_timestamp)
SELECT DISTINCT ON (alias_id, is_identified) alias_id, is_identified, converted_at
FROM (
{{- if .Full}}
    SELECT CASE WHEN c.user_id <> '' THEN coalesce(u.alias_id, c.user_id) WHEN a.is_identified THEN a.alias_id ELSE c.anonymous_id END AS alias_id,
        c.user_id <> '' OR coalesce(a.is_identified, false) AS is_identified,
        c.converted_at, c.kind, c.received_at, c.source, c.id
    FROM {{stages}}.all_conversions AS c
    LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = c.user_id
    LEFT JOIN {{aliases}}.anonymous_ids AS a ON c.user_id = '' AND a.anonymous_id = c.anonymous_id
{{- else}}
    SELECT p.alias_id, p.is_identified, c.converted_at, c.kind, c.received_at, c.source, c.id
    FROM {{aside "stages" "persons" .Run}} AS p
    JOIN {{aliases}}.user_ids AS u ON u.alias_id = p.alias_id
    CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_conversions AS v WHERE v.user_id = u.user_id OFFSET 0) AS c
    WHERE p.is_identified
    UNION ALL
    SELECT p.alias_id, p.is_identified, c.converted_at, c.kind, c.received_at, c.source, c.id
    FROM {{aside "stages" "persons" .Run}} AS p
    JOIN {{aliases}}.anonymous_ids AS a ON a.alias_id = p.alias_id AND a.is_identified
    CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_conversions AS v WHERE v.user_id = '' AND v.anonymous_id = a.anonymous_id OFFSET 0) AS c
    WHERE p.is_identified
    UNION ALL
    SELECT p.alias_id, p.is_identified, c.converted_at, c.kind, c.received_at, c.source, c.id
    FROM {{aside "stages" "persons" .Run}} AS p
    CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_conversions AS v WHERE v.user_id = '' AND v.anonymous_id = p.alias_id OFFSET 0) AS c
    WHERE NOT p.is_identified
        AND NOT EXISTS (SELECT FROM {{aliases}}.anonymous_ids AS a WHERE a.anonymous_id = p.alias_id AND a.is_identified)
{{- end}}
) AS c
ORDER BY alias_id, is_identified, converted_at, kind, received_at, source, id
