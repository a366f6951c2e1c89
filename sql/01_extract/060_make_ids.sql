-- Gives rows without an id one made of their content, so that reading them again does not double them.
-- Writes: incoming.
UPDATE incoming AS i
SET id = 'md5:' || md5(i.row_md5 || i.load_time::text) || ':' || r.copy
FROM (
    SELECT n, row_number() OVER (PARTITION BY row_md5, load_time ORDER BY n) AS copy
    FROM incoming
    WHERE id = ''
) AS r
WHERE i.n = r.n
