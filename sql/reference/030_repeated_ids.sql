-- Purpose: the ids that more than one row of a source table bears. Only their rows,
--          and rows without an id, need the md5 of the row.
-- Reads:   every source table, settings.
-- Writes:  repeated_ids.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.repeated_ids AS
WITH raw AS (
{{- range $i, $t := .Tables}}{{if $i}}
    UNION ALL{{end}}
    SELECT {{$t.SourceNumber}} AS source_number, {{$t.KindNumber}}::smallint AS kind, {{$t.Text "id"}}
    FROM {{$t.Name}} AS t
{{- end}}
)
SELECT source_number, kind, btrim(id, whitespace) COLLATE "C" AS id
FROM raw
CROSS JOIN {{.Schema}}.settings
WHERE btrim(id, whitespace) <> ''
GROUP BY 1, 2, 3
HAVING count(*) > 1
