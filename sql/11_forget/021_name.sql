-- One identifier. Writes: forgotten_ids. @is_user, @identifier.
INSERT INTO forgotten_ids (is_user, identifier) VALUES (@is_user, @identifier) ON CONFLICT DO NOTHING
