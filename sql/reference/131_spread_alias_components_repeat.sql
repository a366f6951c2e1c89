-- Purpose: give each user the least component among its own, its neighbours' and its
--          component's; run again until no row changes.
-- Reads:   user_joins, alias_components.
-- Writes:  alias_components.
-- Parameters: none.
UPDATE {{.Schema}}.alias_components AS mine
SET component = least_of.component
FROM (
    SELECT near.user_id, min(near.component) AS component
    FROM (
        SELECT j.user_id, c.component
        FROM {{.Schema}}.user_joins AS j
        JOIN {{.Schema}}.alias_components AS c ON c.user_id = j.previous_id
        UNION ALL
        SELECT j.previous_id, c.component
        FROM {{.Schema}}.user_joins AS j
        JOIN {{.Schema}}.alias_components AS c ON c.user_id = j.user_id
        UNION ALL
        SELECT c.user_id, further.component
        FROM {{.Schema}}.alias_components AS c
        JOIN {{.Schema}}.alias_components AS further ON further.user_id = c.component
    ) AS near
    GROUP BY near.user_id
) AS least_of
WHERE least_of.user_id = mine.user_id AND least_of.component < mine.component
