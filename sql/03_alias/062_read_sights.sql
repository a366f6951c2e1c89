-- The first sights of the users that alias calls join. Flag: of all users of the graph.
-- Reads: first_sights, graph_users. @users: those.
SELECT f.user_id, f.first_at, f.first_kind, f.first_received_at, f.first_source, f.first_id
FROM {{aliases}}.first_sights AS f
JOIN graph_users AS g ON g.user_id = f.user_id
{{- if not .Flag}}
WHERE f.user_id = ANY (@users::text[])
{{- end}}
