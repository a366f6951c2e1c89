-- Moves incoming copies of a lesser row already taken in out of the way. Returns how many are new to us.
-- Writes: incoming, duplicate_rows. Reads: matched. @source, @kind, @run.
WITH gone AS (
    DELETE FROM incoming AS i WHERE i.n IN (SELECT m.n FROM matched AS m WHERE m.verdict = 1) RETURNING i.*, {{template "incoming_md5" .}} AS row_md5
)
INSERT INTO {{ops}}.duplicate_rows (source, kind, row_md5, load_time, copy, id, received_at, run_id)
SELECT @source::text, @kind::smallint, md5(id || row_md5), load_time, 1, id, received_at, @run::bigint
FROM gone
ON CONFLICT DO NOTHING
