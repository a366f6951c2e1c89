-- Deletes their first sights. Reads: forgotten_ids. Writes: first_sights.
DELETE FROM {{aliases}}.first_sights AS s
USING forgotten_ids AS f
WHERE f.is_user AND s.user_id = f.identifier
