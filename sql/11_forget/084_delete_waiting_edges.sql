-- Deletes the edges that wait and are theirs. Reads: forgotten_ids. Writes: dirty_edges.
DELETE FROM {{ops}}.dirty_edges AS e
USING forgotten_ids AS f
WHERE f.is_user AND e.user_id = f.identifier OR e.is_alias AND e.anonymous_id = f.identifier
