-- Purpose: the published sessions.
-- Reads:   session_pages, session_touches, signup_sessions.
-- Writes:  all_sessions.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.all_sessions AS
WITH first_touches AS (
    SELECT DISTINCT ON (alias_id, is_identified, session_index) *
    FROM {{.Schema}}.session_touches
    ORDER BY alias_id, is_identified, session_index, n
)

SELECT
    s.session_id,
    s.alias_id,
    s.is_identified,
    s.session_index,
    s.started_at,
    s.ended_at,
    s.event_count,
    s.page_count,
    s.entry_page,
    s.exit_page,
    s.entry_referrer,
    t.source,
    t.medium,
    t.campaign,
    t.term,
    t.content,
    t.channel,
    t.is_paid,
    signup.session_id IS NOT NULL AS is_signup_session,
    s.bot_event_count
FROM {{.Schema}}.session_pages AS s
JOIN first_touches AS t
    ON t.alias_id = s.alias_id AND t.is_identified = s.is_identified AND t.session_index = s.session_index
LEFT JOIN {{.Schema}}.signup_sessions AS signup ON signup.session_id = s.session_id
