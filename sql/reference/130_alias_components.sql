-- Purpose: the joined users, each as yet a component of its own.
-- Reads:   user_joins.
-- Writes:  alias_components.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.alias_components AS
SELECT previous_id AS user_id, previous_id AS component
FROM {{.Schema}}.user_joins
UNION
SELECT user_id, user_id
FROM {{.Schema}}.user_joins
