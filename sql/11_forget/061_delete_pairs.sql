-- Deletes the pairs that wait and name them. Reads: forgotten_ids. Writes: dirty_pairs.
DELETE FROM {{ops}}.dirty_pairs AS d
USING forgotten_ids AS f
WHERE f.is_user AND d.user_id = f.identifier OR d.anonymous_id = f.identifier AND (NOT f.is_user OR d.user_id <> '')
