-- So many rows fewer were published: the gates of stage 7 compare with it. Writes: published. @tables, @rows: pairwise.
UPDATE {{ops}}.published AS p
SET row_count = p.row_count - r.n
FROM unnest(@tables::text[], @rows::bigint[]) AS r (table_name, n)
WHERE p.table_name = r.table_name
