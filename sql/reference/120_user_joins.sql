-- Purpose: the users that alias rows join: previous_id is a user_id on some row.
-- Reads:   all_rows, users.
-- Writes:  user_joins.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.user_joins AS
SELECT previous_id, user_id, at, kind, received_at, source, id
FROM {{.Schema}}.all_rows
WHERE kind = 5 AND user_id <> '' AND previous_id IN (SELECT users.user_id FROM {{.Schema}}.users)
