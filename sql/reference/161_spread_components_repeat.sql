-- Purpose: give each node the least component among its own, its neighbours' and its
--          component's; run again until no row changes.
-- Reads:   links, components.
-- Writes:  components.
-- Parameters: none.
UPDATE {{.Schema}}.components AS mine
SET component = least_of.component
FROM (
    SELECT near.node, min(near.component) AS component
    FROM (
        SELECT l.other AS node, c.component
        FROM {{.Schema}}.links AS l
        JOIN {{.Schema}}.components AS c ON c.node = l.one
        UNION ALL
        SELECT l.one, c.component
        FROM {{.Schema}}.links AS l
        JOIN {{.Schema}}.components AS c ON c.node = l.other
        UNION ALL
        SELECT c.node, further.component
        FROM {{.Schema}}.components AS c
        JOIN {{.Schema}}.components AS further ON further.node = c.component
    ) AS near
    GROUP BY near.node
) AS least_of
WHERE least_of.node = mine.node AND least_of.component < mine.component
