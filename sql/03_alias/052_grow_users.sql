-- Adds the users of the anonymous_ids in the graph. Reads: edges. Writes: graph_users.
INSERT INTO graph_users (user_id)
SELECT DISTINCT e.user_id FROM {{aliases}}.edges AS e JOIN graph_anonymous AS g ON g.anonymous_id = e.anonymous_id
ON CONFLICT DO NOTHING
