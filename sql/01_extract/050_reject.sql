-- Moves rows that cannot be taken in out of the way; each is counted once, however often it is read.
-- Writes: incoming, rejected_rows. @source, @kind, @run.
WITH gone AS (
    DELETE FROM incoming WHERE reason IS NOT NULL RETURNING *
)
INSERT INTO {{ops}}.rejected_rows (stage, source, kind, row_md5, load_time, copy, reason, id, received_at, anonymous_id, user_id, run_id)
SELECT 'extract', @source, @kind::smallint, md5(id || row_md5), load_time,
    row_number() OVER (PARTITION BY md5(id || row_md5), load_time ORDER BY n),
    reason, left(id, 100), received_at, left(anonymous_id, 100), left(user_id, 100), @run::bigint
FROM gone
ON CONFLICT DO NOTHING
