-- Starts with the anonymous_ids whose edges changed. Flag: every one there is or was.
-- Reads: changed, edges, anonymous_ids. Writes: graph_anonymous.
INSERT INTO graph_anonymous (anonymous_id)
{{- if .Flag}}
SELECT anonymous_id FROM {{aliases}}.edges
UNION
SELECT anonymous_id FROM {{aliases}}.anonymous_ids
{{- else}}
SELECT DISTINCT anonymous_id FROM changed WHERE anonymous_id <> ''
{{- end}}
