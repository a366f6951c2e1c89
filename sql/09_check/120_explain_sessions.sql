-- The published sessions of a person. Reads: all_sessions. @alias_id, @is_identified.
SELECT session_id, session_index, started_at, ended_at, event_count, page_count,
    coalesce(entry_page, ''), coalesce(exit_page, ''), coalesce(entry_referrer, ''), channel, is_paid, is_signup_session
FROM {{sessions}}.all_sessions
WHERE alias_id = @alias_id AND is_identified = @is_identified
ORDER BY started_at
