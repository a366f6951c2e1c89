-- The users of a person. Reads: user_ids. Writes: forgotten_ids. @alias_id.
INSERT INTO forgotten_ids (is_user, identifier)
SELECT true, user_id FROM {{aliases}}.user_ids WHERE alias_id = @alias_id
ON CONFLICT DO NOTHING
