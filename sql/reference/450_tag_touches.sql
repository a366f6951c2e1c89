-- Purpose: each distinct set of tags of a session once, at its earliest event; of a
--          session its 100 earliest sets.
-- Reads:   session_events, evidence.
-- Writes:  tag_touches.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.tag_touches AS
WITH earliest AS (
    SELECT DISTINCT ON (
        e.alias_id, e.is_identified, e.session_index,
        v.tag_source, v.tag_medium, v.tag_campaign, v.tag_term, v.tag_content, v.tag_click_id
    )
        e.alias_id, e.is_identified, e.session_index, e.n, e.at, e.evidence_id
    FROM {{.Schema}}.session_events AS e
    JOIN {{.Schema}}.evidence AS v ON v.evidence_id = e.evidence_id
    WHERE e.is_tagged
    ORDER BY
        e.alias_id, e.is_identified, e.session_index,
        v.tag_source, v.tag_medium, v.tag_campaign, v.tag_term, v.tag_content, v.tag_click_id,
        e.n
),

ranked AS (
    SELECT
        earliest.*,
        row_number() OVER (PARTITION BY alias_id, is_identified, session_index ORDER BY n) AS place
    FROM earliest
)

SELECT alias_id, is_identified, session_index, n, at, evidence_id
FROM ranked
WHERE place <= 100
