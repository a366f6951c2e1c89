-- Deletes the identifiers that wait and are theirs. Reads: forgotten_ids. Writes: dirty_identifiers.
DELETE FROM {{ops}}.dirty_identifiers AS d
USING forgotten_ids AS f
WHERE f.is_user AND d.user_id = f.identifier OR NOT f.is_user AND d.user_id = '' AND d.anonymous_id = f.identifier
