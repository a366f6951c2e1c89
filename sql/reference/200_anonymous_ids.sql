-- Purpose: the person of every anonymous_id, previous_ids of alias rows included. A
--          shared one, and one whose component was cut, is a person of its own.
-- Reads:   all_rows, edges, shared_ids, components, cut_components, user_ids, settings.
-- Writes:  anonymous_ids (anonymous_id, alias_id, is_identified, is_shared).
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.anonymous_ids AS
WITH known AS (
    SELECT anonymous_id
    FROM {{.Schema}}.all_rows
    WHERE anonymous_id <> ''
    UNION
    SELECT anonymous_id
    FROM {{.Schema}}.edges
),

least_edges AS (
    SELECT DISTINCT ON (anonymous_id) anonymous_id, user_id
    FROM {{.Schema}}.edges
    ORDER BY anonymous_id, at, kind, received_at, source, id
),

-- Under merge every user of an anonymous_id that was not cut has the same root, so the
-- least edge names the person under either policy.
owners AS (
    SELECT l.anonymous_id, u.alias_id
    FROM least_edges AS l
    JOIN {{.Schema}}.user_ids AS u ON u.user_id = l.user_id
    WHERE NOT EXISTS (SELECT FROM {{.Schema}}.shared_ids AS shared WHERE shared.anonymous_id = l.anonymous_id)
        AND NOT EXISTS (
            SELECT
            FROM {{.Schema}}.components AS c
            JOIN {{.Schema}}.cut_components AS cut ON cut.component = c.component
            WHERE c.node = 'a' || l.anonymous_id
        )
)

SELECT
    k.anonymous_id,
    coalesce(o.alias_id, k.anonymous_id) COLLATE "C" AS alias_id,
    o.alias_id IS NOT NULL AS is_identified,
    shared.anonymous_id IS NOT NULL AS is_shared
FROM known AS k
LEFT JOIN owners AS o ON o.anonymous_id = k.anonymous_id
LEFT JOIN {{.Schema}}.shared_ids AS shared ON shared.anonymous_id = k.anonymous_id
