-- Purpose: every user_id named on a row.
-- Reads:   all_rows.
-- Writes:  users.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.users AS
SELECT user_id
FROM {{.Schema}}.all_rows
WHERE user_id <> ''
GROUP BY user_id
