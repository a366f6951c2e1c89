-- Purpose: number events and sessions: n is the place of an event in the whole order,
--          person by person; a session begins strictly more than the gap after the
--          event before. Server events are in no session. All three windows have one
--          order, so that the events are sorted once.
-- Reads:   events, settings.
-- Writes:  session_events.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.session_events AS
WITH ordered AS (
    SELECT
        e.*,
        row_number() OVER (ORDER BY alias_id, is_identified, at, kind, received_at, source, id) AS n,
        lag(at) OVER person AS previous_at
    FROM {{.Schema}}.events AS e
    WHERE NOT is_server
    WINDOW person AS (PARTITION BY alias_id, is_identified ORDER BY at, kind, received_at, source, id)
)

SELECT
    alias_id, is_identified, n, at, kind, evidence_id, has_page, is_tagged, is_blog, is_bot,
    count(*) FILTER (WHERE previous_at IS NULL OR at - previous_at > s.session_gap) OVER (
        PARTITION BY alias_id, is_identified ORDER BY at, kind, received_at, source, id ROWS UNBOUNDED PRECEDING
    ) AS session_index
FROM ordered
CROSS JOIN {{.Schema}}.settings AS s
