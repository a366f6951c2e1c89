-- Purpose: one row a session, with the places of the events that describe it.
-- Reads:   session_events.
-- Writes:  sessions.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.sessions AS
SELECT
    alias_id,
    is_identified,
    session_index,
    md5(
        CASE WHEN is_identified THEN 'u:' ELSE 'a:' END || alias_id || ':'
        || (extract(epoch FROM min(at)) * 1000000)::bigint
    ) AS session_id,
    min(at) AS started_at,
    max(at) AS ended_at,
    count(*) AS event_count,
    count(*) FILTER (WHERE kind = 1) AS page_count,
    count(*) FILTER (WHERE is_bot) AS bot_event_count,
    min(n) AS first_n,
    min(n) FILTER (WHERE has_page) AS entry_n,
    max(n) FILTER (WHERE has_page) AS exit_n,
    min(n) FILTER (WHERE has_page AND is_blog) AS blog_n
FROM {{.Schema}}.session_events
GROUP BY alias_id, is_identified, session_index
