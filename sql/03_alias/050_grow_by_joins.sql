-- Adds the users joined by alias calls to those in the graph, and the users they shared a person with until now.
-- Reads: edges, user_ids. Writes: graph_users.
INSERT INTO graph_users (user_id)
SELECT e.anonymous_id FROM {{aliases}}.edges AS e JOIN graph_users AS g ON g.user_id = e.user_id WHERE e.is_alias
UNION
SELECT e.user_id FROM {{aliases}}.edges AS e JOIN graph_users AS g ON g.user_id = e.anonymous_id WHERE e.is_alias
UNION
SELECT o.user_id
FROM graph_users AS g
JOIN {{aliases}}.user_ids AS u ON u.user_id = g.user_id
JOIN {{aliases}}.user_ids AS o ON o.alias_id = u.alias_id
ON CONFLICT DO NOTHING
