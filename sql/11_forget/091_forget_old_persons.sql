-- Who an identifier that waits was, where it was one of them: there is nothing left to be made anew. Reads: forgotten_ids. Writes: dirty_identifiers.
UPDATE {{ops}}.dirty_identifiers AS d
SET old_alias_id = NULL, old_is_identified = NULL
FROM forgotten_ids AS f
WHERE d.old_alias_id = f.identifier AND d.old_is_identified = f.is_user
