-- Of a row that had copies, one may be another person's: they are read again. Reads: forgotten_rows, duplicate_rows. Writes: dirty_ids.
INSERT INTO {{ops}}.dirty_ids (source, kind, id)
SELECT DISTINCT c.source, c.kind, c.id
FROM forgotten_rows AS r
JOIN {{ops}}.duplicate_rows AS c ON c.source = r.source AND c.kind = r.kind AND c.id = r.id
ON CONFLICT DO NOTHING
