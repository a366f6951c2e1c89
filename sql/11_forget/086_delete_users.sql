-- Deletes them from who is who. Reads: forgotten_ids. Writes: user_ids.
DELETE FROM {{aliases}}.user_ids AS u
USING forgotten_ids AS f
WHERE f.is_user AND u.user_id = f.identifier
