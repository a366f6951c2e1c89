-- Each person's conversions, numbered in the order of events, server events included: the first of each name, and of those
-- in @every all. Reads: all_conversions, user_ids, anonymous_ids; unless Full only those of the persons of this run, found
-- by index. Writes: rewards. @every: names of conversions.
INSERT INTO {{aside "stages" "rewards" .Run}} (alias_id, is_identified, conversion, number, converted_at, source, id)
SELECT alias_id, is_identified, conversion, number, converted_at, source, id
FROM (
    SELECT c.*, row_number() OVER (PARTITION BY alias_id, is_identified, conversion ORDER BY converted_at, kind, received_at, source, id) AS number
    FROM (
    {{- if .Full}}
        SELECT CASE WHEN c.user_id <> '' THEN coalesce(u.alias_id, c.user_id) WHEN a.is_identified THEN a.alias_id ELSE c.anonymous_id END AS alias_id,
            c.user_id <> '' OR coalesce(a.is_identified, false) AS is_identified,
            c.conversion, c.converted_at, c.kind, c.received_at, c.source, c.id
        FROM {{stages}}.all_conversions AS c
        LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = c.user_id
        LEFT JOIN {{aliases}}.anonymous_ids AS a ON c.user_id = '' AND a.anonymous_id = c.anonymous_id
    {{- else}}
        SELECT p.alias_id, p.is_identified, c.conversion, c.converted_at, c.kind, c.received_at, c.source, c.id
        FROM {{aside "stages" "persons" .Run}} AS p
        JOIN {{aliases}}.user_ids AS u ON u.alias_id = p.alias_id
        CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_conversions AS v WHERE v.user_id = u.user_id OFFSET 0) AS c
        WHERE p.is_identified
        UNION ALL
        SELECT p.alias_id, p.is_identified, c.conversion, c.converted_at, c.kind, c.received_at, c.source, c.id
        FROM {{aside "stages" "persons" .Run}} AS p
        JOIN {{aliases}}.anonymous_ids AS a ON a.alias_id = p.alias_id AND a.is_identified
        CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_conversions AS v WHERE v.user_id = '' AND v.anonymous_id = a.anonymous_id OFFSET 0) AS c
        WHERE p.is_identified
        UNION ALL
        SELECT p.alias_id, p.is_identified, c.conversion, c.converted_at, c.kind, c.received_at, c.source, c.id
        FROM {{aside "stages" "persons" .Run}} AS p
        CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_conversions AS v WHERE v.user_id = '' AND v.anonymous_id = p.alias_id OFFSET 0) AS c
        WHERE NOT p.is_identified
            AND NOT EXISTS (SELECT FROM {{aliases}}.anonymous_ids AS a WHERE a.anonymous_id = p.alias_id AND a.is_identified)
    {{- end}}
    ) AS c
) AS c
WHERE number = 1 OR conversion = ANY (@every::text[])
