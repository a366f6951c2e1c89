-- The key, made at the first time and kept ever after. Writes: forgotten_key. @key: 32 random bytes.
INSERT INTO {{ops}}.forgotten_key (key) VALUES (@key) ON CONFLICT DO NOTHING
