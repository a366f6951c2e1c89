-- Adds the anonymous_ids of the users in the graph. Reads: edges, anonymous_ids, user_ids. Writes: graph_anonymous.
INSERT INTO graph_anonymous (anonymous_id)
SELECT e.anonymous_id FROM {{aliases}}.edges AS e JOIN graph_users AS g ON g.user_id = e.user_id
UNION
SELECT a.anonymous_id
FROM graph_users AS g
JOIN {{aliases}}.user_ids AS u ON u.user_id = g.user_id
JOIN {{aliases}}.anonymous_ids AS a ON a.alias_id = u.alias_id AND a.is_identified
ON CONFLICT DO NOTHING
