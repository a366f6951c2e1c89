-- Deletes the users of the graph whose person is another or no more. Writes: user_ids.
DELETE FROM {{aliases}}.user_ids AS o
USING graph_users AS g
WHERE o.user_id = g.user_id
    AND NOT EXISTS (SELECT FROM resolved_users AS n WHERE n.user_id = o.user_id AND n.alias_id = o.alias_id)
