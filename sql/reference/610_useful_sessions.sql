-- Purpose: the published first and signup sessions of every signed-up person.
-- Reads:   all_sessions, signups.
-- Writes:  useful_sessions.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.useful_sessions AS
SELECT
    s.alias_id,
    s.is_identified,
    k.kind,
    s.session_id,
    s.session_index,
    s.started_at,
    s.ended_at,
    s.event_count,
    s.page_count,
    s.entry_page,
    s.exit_page,
    s.entry_referrer,
    s.source,
    s.medium,
    s.campaign,
    s.term,
    s.content,
    s.channel,
    s.is_paid
FROM {{.Schema}}.all_sessions AS s
JOIN {{.Schema}}.signups AS g ON g.alias_id = s.alias_id AND g.is_identified = s.is_identified
JOIN (VALUES ('first'), ('signup')) AS k (kind)
    ON (k.kind = 'first' AND s.session_index = 1) OR (k.kind = 'signup' AND s.is_signup_session)
