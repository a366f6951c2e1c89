-- Purpose: the root of every user: of its component the user_id seen first, as a
--          user_id or as the previous_id of an alias row that joins two users.
-- Reads:   users, user_components, all_rows, user_joins.
-- Writes:  user_ids (user_id, alias_id).
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.user_ids AS
WITH several AS (
    SELECT component
    FROM {{.Schema}}.user_components
    GROUP BY component
    HAVING count(*) > 1
),

members AS (
    SELECT c.user_id, c.component
    FROM {{.Schema}}.user_components AS c
    JOIN several ON several.component = c.component
),

sightings AS (
    SELECT user_id, at, kind, received_at, source, id
    FROM {{.Schema}}.all_rows
    WHERE user_id IN (SELECT members.user_id FROM members)
    UNION ALL
    SELECT previous_id, at, kind, received_at, source, id
    FROM {{.Schema}}.user_joins
),

roots AS (
    SELECT DISTINCT ON (m.component) m.component, m.user_id AS root
    FROM members AS m
    JOIN sightings AS s ON s.user_id = m.user_id
    ORDER BY m.component, s.at, s.kind, s.received_at, s.source, s.id, m.user_id
)

SELECT u.user_id, coalesce(r.root, u.user_id) COLLATE "C" AS alias_id
FROM {{.Schema}}.users AS u
LEFT JOIN members AS m ON m.user_id = u.user_id
LEFT JOIN roots AS r ON r.component = m.component
