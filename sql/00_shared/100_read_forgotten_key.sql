-- The key that identifiers of forgotten persons are hashed with; no row where nobody was ever forgotten.
-- Reads: forgotten_key, forgotten.
SELECT key FROM {{ops}}.forgotten_key WHERE EXISTS (SELECT FROM {{ops}}.forgotten)
