-- Inserts the users of the graph whose person is new. Writes: user_ids.
INSERT INTO {{aliases}}.user_ids (user_id, alias_id)
SELECT user_id, alias_id FROM resolved_users
ON CONFLICT (user_id) DO NOTHING
