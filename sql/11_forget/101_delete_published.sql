-- Deletes their rows of another published table. Reads: forgotten_ids. Writes: the table.
DELETE FROM {{.Table}} AS s
USING forgotten_ids AS f
WHERE s.alias_id = f.identifier AND s.is_identified = f.is_user
