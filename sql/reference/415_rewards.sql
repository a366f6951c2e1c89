-- Purpose: every conversion, numbered: each person's signup, and of the others the first
--          or every one, server events included.
-- Reads:   events, settings.
-- Writes:  rewards.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.rewards AS
WITH candidates AS (
    SELECT alias_id, is_identified, 'signup' COLLATE "C" AS conversion, at, kind, received_at, source, id
    FROM {{.Schema}}.events
    WHERE is_signup
    UNION ALL
    SELECT e.alias_id, e.is_identified, r.name COLLATE "C", e.at, e.kind, e.received_at, e.source, e.id
    FROM {{.Schema}}.events AS e
    CROSS JOIN unnest(e.rewards) AS r (name)
),

numbered AS (
    SELECT candidates.*, row_number() OVER (
        PARTITION BY alias_id, is_identified, conversion ORDER BY at, kind, received_at, source, id
    ) AS number
    FROM candidates
)

SELECT n.alias_id, n.is_identified, n.conversion, n.number, n.at AS converted_at, n.source, n.id
FROM numbered AS n
CROSS JOIN {{.Schema}}.settings AS s
WHERE n.number = 1 OR n.conversion = ANY (s.every_time)
