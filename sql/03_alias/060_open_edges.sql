-- Opens the edges of the graph, anonymous_id by anonymous_id, to be fetched. Reads: edges, graph_anonymous. @use_alias_calls.
DECLARE graph_edges NO SCROLL CURSOR FOR
SELECT e.anonymous_id, e.user_id, e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
FROM {{aliases}}.edges AS e
JOIN graph_anonymous AS g ON g.anonymous_id = e.anonymous_id
WHERE @use_alias_calls OR NOT e.is_alias
ORDER BY e.anonymous_id
