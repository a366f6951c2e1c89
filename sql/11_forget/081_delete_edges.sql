-- Deletes their edges, and those by alias calls that name one as what was before. Reads: forgotten_ids. Writes: edges.
DELETE FROM {{aliases}}.edges AS e
USING forgotten_ids AS f
WHERE f.is_user AND e.user_id = f.identifier OR e.is_alias AND e.anonymous_id = f.identifier
