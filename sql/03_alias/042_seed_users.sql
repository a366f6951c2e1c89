-- Starts with the users that changed and both ends of the alias calls that did. Flag: every user there is or was.
-- Reads: changed, first_sights, user_ids. Writes: graph_users.
INSERT INTO graph_users (user_id)
{{- if .Flag}}
SELECT user_id FROM {{aliases}}.first_sights
UNION
SELECT user_id FROM {{aliases}}.user_ids
{{- else}}
SELECT user_id FROM changed WHERE anonymous_id = '' OR is_alias
UNION
SELECT anonymous_id FROM changed WHERE is_alias
{{- end}}
