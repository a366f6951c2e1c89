-- The first sights of the graph's users. Reads: first_sights, graph_users.
SELECT f.user_id, f.first_at, f.first_kind, f.first_received_at, f.first_source, f.first_id
FROM {{aliases}}.first_sights AS f
JOIN graph_users AS g ON g.user_id = f.user_id
