-- How many visits of the dirty persons lie in which months. Reads: dirty_persons, user_ids, anonymous_ids, all_tracks.
-- Writes: dirty_persons. @months is for stage 5, which asks for the same visits: see below. Full: of one person in 64, for as
-- many visits each, since of hundreds of thousands stage 5 need only know about how many there are: at 100 M events to look all
-- up takes minutes.
UPDATE {{ops}}.dirty_persons AS d
SET visit_count = v.visits{{if .Full}} * 64{{end}}, visit_months = v.months
FROM (
    SELECT alias_id, is_identified, sum(visits) AS visits, array_agg(received_month ORDER BY received_month) AS months
    FROM (
        SELECT p.alias_id, p.is_identified, p.received_month, count(*) AS visits
        FROM ({{template "dirty_visits" .}}) AS p
        GROUP BY 1, 2, 3
    ) AS m
    GROUP BY 1, 2
) AS v
WHERE (d.alias_id, d.is_identified) = (v.alias_id, v.is_identified)
{{- /* The visits of the dirty persons: of a person's users, of the anonymous_ids that belong to it, of an anonymous person.
    LATERAL with OFFSET 0 asks the index of each month for each identifier, however many visits there are in all: left to
    itself the planner reads them all. Measured at 2 M events and 871 persons: 120 ms instead of 220 ms for stages 4 and 5.
    Flag: stage 4 has said in which months to look (@months: all, for a person marked since). */ -}}
{{define "dirty_visits"}}
    SELECT d.alias_id, d.is_identified, t.received_month, t.started_at, t.ended_at, t.event_count, t.page_count, t.bot_count, t.marks
    FROM {{ops}}.dirty_persons AS d
    JOIN {{aliases}}.user_ids AS u ON u.alias_id = d.alias_id
    {{- if .Flag}}
    CROSS JOIN LATERAL unnest(coalesce(nullif(d.visit_months, '{}'), @months::date[])) AS m (received_month){{end}}
    CROSS JOIN LATERAL (SELECT v.* FROM {{stages}}.all_tracks AS v WHERE v.user_id = u.user_id{{if .Flag}} AND v.received_month = m.received_month{{end}} OFFSET 0) AS t
    WHERE d.is_identified{{if .Full}} AND d.mark % 64 = 0{{end}}
    UNION ALL
    SELECT d.alias_id, d.is_identified, t.received_month, t.started_at, t.ended_at, t.event_count, t.page_count, t.bot_count, t.marks
    FROM {{ops}}.dirty_persons AS d
    JOIN {{aliases}}.anonymous_ids AS a ON a.alias_id = d.alias_id AND a.is_identified
    {{- if .Flag}}
    CROSS JOIN LATERAL unnest(coalesce(nullif(d.visit_months, '{}'), @months::date[])) AS m (received_month){{end}}
    CROSS JOIN LATERAL (
        SELECT v.*
        FROM {{stages}}.all_tracks AS v
        WHERE v.user_id = '' AND v.anonymous_id = a.anonymous_id{{if .Flag}} AND v.received_month = m.received_month{{end}}
        OFFSET 0
    ) AS t
    WHERE d.is_identified{{if .Full}} AND d.mark % 64 = 0{{end}}
    UNION ALL
    SELECT d.alias_id, d.is_identified, t.received_month, t.started_at, t.ended_at, t.event_count, t.page_count, t.bot_count, t.marks
    FROM {{ops}}.dirty_persons AS d
    {{- if .Flag}}
    CROSS JOIN LATERAL unnest(coalesce(nullif(d.visit_months, '{}'), @months::date[])) AS m (received_month){{end}}
    CROSS JOIN LATERAL (
        SELECT v.*
        FROM {{stages}}.all_tracks AS v
        WHERE v.user_id = '' AND v.anonymous_id = d.alias_id{{if .Flag}} AND v.received_month = m.received_month{{end}}
        OFFSET 0
    ) AS t
    WHERE NOT d.is_identified{{if .Full}} AND d.mark % 64 = 0{{end}}
        AND NOT EXISTS (SELECT FROM {{aliases}}.anonymous_ids AS a WHERE a.anonymous_id = d.alias_id AND a.is_identified)
{{- end}}
