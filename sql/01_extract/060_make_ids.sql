-- Gives rows without an id one made of their content, so that reading them again does not double them.
-- Writes: incoming.
WITH without AS (
    SELECT i.n, i.load_time,{{if not .Identities}} i.is_bot,{{end}} {{template "incoming_md5" .}} AS row_md5
    FROM incoming AS i
    WHERE i.id = ''
), numbered AS (
    SELECT n, md5(row_md5 || load_time::text) AS digest, row_number() OVER (PARTITION BY row_md5, load_time ORDER BY {{if not .Identities}}is_bot, {{end}}n) AS copy
    FROM without
)
UPDATE incoming AS i
SET id = 'md5:' || r.digest || ':' || r.copy
FROM numbered AS r
WHERE i.n = r.n
