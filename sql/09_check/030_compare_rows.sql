-- The set difference of a published table and the reference's, both directions: rows the same, missing (the reference's
-- alone), extra (ours alone), differing (the same key, other values). Flag: instead the first such row of a few persons.
-- Extra: every column compared; Rounded: those compared to six decimals; Columns: the key beside the person.
-- Reads: the published table, ours, and the reference's. @sample_one_in; Flag: @limit.
{{- define "side"}}
        SELECT t.*, md5(ROW({{range $i, $c := .Extra}}{{if $i}}, {{end}}t.{{$c}}{{end}}{{range .Rounded}}, round(t.{{.}}::numeric, 6){{end}})::text) AS row_digest
        {{- if .Flag}}, to_jsonb(t) AS row_values{{end}}
{{- end}}
WITH compared AS (
    SELECT
        coalesce(o.alias_id, r.alias_id) COLLATE "C" AS alias_id,
        coalesce(o.is_identified, r.is_identified) AS is_identified,
        concat_ws(', ', NULL::text
            {{- range .Columns}}, coalesce(o.{{.Name}}::text COLLATE "C", r.{{.Name}}::text){{end}}) AS key,
        {{- if .Flag}}
        o.row_values AS ours, r.row_values AS theirs,
        {{- end}}
        CASE
            WHEN o.alias_id IS NULL THEN 'missing'
            WHEN r.alias_id IS NULL THEN 'extra'
            WHEN o.row_digest <> r.row_digest THEN 'differing'
            ELSE 'same'
        END AS verdict
    FROM ({{template "side" .}}
        FROM {{.Table}} AS t
        WHERE hashtextextended(alias_id, 0) % @sample_one_in = 0
    ) AS o
    FULL JOIN ({{template "side" .}}
        FROM {{.Other}} AS t
        WHERE hashtextextended(alias_id, 0) % @sample_one_in = 0
    ) AS r ON o.alias_id COLLATE "C" = r.alias_id COLLATE "C" AND o.is_identified = r.is_identified
        {{- range .Columns}} AND o.{{.Name}}::text COLLATE "C" = r.{{.Name}}::text COLLATE "C"{{end}}
)
{{- if .Flag}}
SELECT DISTINCT ON (alias_id, is_identified) alias_id, is_identified, verdict, key,
    CASE WHEN verdict = 'differing' THEN (
        SELECT string_agg(format('%s is %s, the reference has %s', o.key, coalesce(o.value, 'NULL'), coalesce(r.value, 'NULL')), '; ' ORDER BY o.key)
        FROM jsonb_each_text(ours) AS o
        JOIN jsonb_each_text(theirs) AS r ON r.key = o.key
        WHERE o.value IS DISTINCT FROM r.value
    ) END
FROM compared
WHERE verdict <> 'same'
ORDER BY alias_id, is_identified, key
LIMIT @limit
{{- else}}
SELECT count(*) FILTER (WHERE verdict = 'same'), count(*) FILTER (WHERE verdict = 'missing'),
    count(*) FILTER (WHERE verdict = 'extra'), count(*) FILTER (WHERE verdict = 'differing')
FROM compared
{{- end}}
