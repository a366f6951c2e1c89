-- Purpose: each (anonymous_id, user_id) that some row joins, with its least order.
-- Reads:   all_rows.
-- Writes:  edges.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.edges AS
WITH joined AS (
    SELECT anonymous_id, user_id, at, kind, received_at, source, id
    FROM {{.Schema}}.all_rows
    WHERE anonymous_id <> '' AND user_id <> ''
    UNION ALL
    SELECT previous_id, user_id, at, kind, received_at, source, id
    FROM {{.Schema}}.all_rows
    WHERE kind = 5 AND previous_id <> '' AND user_id <> ''
)

SELECT DISTINCT ON (anonymous_id, user_id) anonymous_id, user_id, at, kind, received_at, source, id
FROM joined
ORDER BY anonymous_id, user_id, at, kind, received_at, source, id
