-- Deletes the persons that wait and are they. Reads: forgotten_ids. Writes: dirty_persons.
DELETE FROM {{ops}}.dirty_persons AS p
USING forgotten_ids AS f
WHERE p.alias_id = f.identifier AND p.is_identified = f.is_user
