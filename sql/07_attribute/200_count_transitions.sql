-- How often a channel followed upon others, and a conversion or none at the end, over the paths to each of @conversions
-- and, where @nulls, over all touches of persons who never made it; a path without a touch is none. Tables: touches, paths
-- and conversions. Full: of everybody in them; else of the persons in Other, whose key is Extra. Flag: taken away, else added.
-- Writes: transitions. @order: channels a state remembers.
INSERT INTO {{stages}}.transitions AS t (conversion, state, next, count)
SELECT conversion, state, next, {{if .Flag}}-{{end}}count(*)
FROM ({{template "transitions" .}}) AS steps
GROUP BY conversion, state, next
ON CONFLICT (conversion, state, next) DO UPDATE SET count = t.count + excluded.count
{{- define "transitions"}}
    SELECT w.conversion, m.state, m.next
    FROM (
        SELECT s.*, lag(s.channel, 1) OVER path AS one, lag(s.channel, 2) OVER path AS two, lag(s.channel, 3) OVER path AS three,
            lead(s.channel) OVER path IS NULL AS is_last
        FROM (
            SELECT p.alias_id, p.is_identified, p.conversion, p.number, p.position, p.channel, '(conversion)' AS ending
            FROM {{index .Tables 1}} AS p{{template "only" .}}
            WHERE p.markov_share > 0 AND p.position > 0
            UNION ALL
            SELECT p.alias_id, p.is_identified, c.name, 0, p.position, p.channel, '(null)'
            FROM {{index .Tables 0}} AS p{{template "only" .}}
            CROSS JOIN unnest(@conversions::text[]) AS c (name)
            WHERE @nulls AND NOT EXISTS (
                SELECT FROM {{index .Tables 2}} AS v
                WHERE v.alias_id = p.alias_id AND v.is_identified = p.is_identified AND v.conversion = c.name
            )
        ) AS s
        WINDOW path AS (PARTITION BY s.alias_id, s.is_identified, s.conversion, s.number ORDER BY s.position)
    ) AS w
    CROSS JOIN LATERAL (
        SELECT array_remove((ARRAY[w.three, w.two, w.one])[4 - @order::int:], NULL) AS state, w.channel AS next
        UNION ALL
        SELECT array_remove((ARRAY[w.two, w.one, w.channel])[4 - @order::int:], NULL), w.ending
        WHERE w.is_last
    ) AS m
{{end}}
{{- define "only"}}{{if not .Full}}
            JOIN {{.Other}} AS o ON o.{{index .Extra 0}} = p.alias_id AND o.{{index .Extra 1}} = p.is_identified{{end}}{{end}}
