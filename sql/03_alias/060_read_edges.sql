-- The edges of the graph. Reads: edges, graph_anonymous. @use_alias_calls.
SELECT e.anonymous_id, e.user_id, e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
FROM {{aliases}}.edges AS e
JOIN graph_anonymous AS g ON g.anonymous_id = e.anonymous_id
WHERE @use_alias_calls OR NOT e.is_alias
