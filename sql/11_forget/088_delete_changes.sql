-- Deletes the journal of who they were. Reads: forgotten_ids. Writes: changes.
DELETE FROM {{aliases}}.changes AS c
USING forgotten_ids AS f
WHERE c.identifier = f.identifier AND c.is_user = f.is_user
    OR c.old_alias_id = f.identifier AND c.old_is_identified = f.is_user
    OR c.new_alias_id = f.identifier AND c.new_is_identified = f.is_user
