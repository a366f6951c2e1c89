-- A user of the graph whom no alias call joins is its own person. Reads: first_sights, graph_users. Writes: resolved_users.
INSERT INTO resolved_users (user_id, alias_id)
SELECT f.user_id, f.user_id
FROM {{aliases}}.first_sights AS f
JOIN graph_users AS g ON g.user_id = f.user_id
ON CONFLICT (user_id) DO NOTHING
