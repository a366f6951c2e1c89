-- The alias calls that join two users of the graph: their previous_id is a user_id on some row.
-- Reads: edges, graph_users, first_sights. @use_alias_calls.
SELECT e.anonymous_id, e.user_id, e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
FROM {{aliases}}.edges AS e
JOIN graph_users AS g ON g.user_id = e.user_id
JOIN {{aliases}}.first_sights AS f ON f.user_id = e.anonymous_id
WHERE e.is_alias AND @use_alias_calls
