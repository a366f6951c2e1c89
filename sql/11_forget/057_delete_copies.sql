-- Deletes what is known of their copies. Reads: forgotten_rows. Writes: duplicate_rows.
DELETE FROM {{ops}}.duplicate_rows AS c
USING forgotten_rows AS r
WHERE c.source = r.source AND c.kind = r.kind AND c.id = r.id
