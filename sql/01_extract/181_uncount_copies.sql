-- Copies read again are counted again. Writes: duplicate_rows. Reads: dirty_ids. @source, @kind.
DELETE FROM {{ops}}.duplicate_rows AS c
USING {{ops}}.dirty_ids AS d
WHERE d.source = @source AND d.kind = @kind::smallint AND c.source = d.source AND c.kind = d.kind AND c.id = d.id
