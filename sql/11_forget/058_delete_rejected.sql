-- Deletes the rejected rows that are theirs; identifiers are kept in them to 100 characters.
-- Reads: forgotten_ids. Writes: rejected_rows. @absent: as for 053.
DELETE FROM {{ops}}.rejected_rows AS r
USING forgotten_ids AS f
WHERE f.is_user AND r.user_id = left(f.identifier, 100)
    OR NOT f.is_user AND r.anonymous_id = left(f.identifier, 100) AND (coalesce(r.user_id, '') = '' OR r.user_id = ANY (@absent::text[]))
