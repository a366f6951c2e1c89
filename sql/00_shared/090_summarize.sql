-- Brings the indexes of blocks up to what was inserted last. Only a vacuum would otherwise, and until then they find all
-- that is newer: measured at 5 M events, the first night's check for copies takes 1.5 s instead of 0.3 s.
-- Reads: the catalog, what is new of @tables. Writes: their indexes.
SELECT count(pg_catalog.brin_summarize_new_values(i.indexrelid))
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
WHERE i.indrelid = ANY (@tables::regclass[]) AND a.amname = 'brin'
