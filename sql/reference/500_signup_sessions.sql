-- Purpose: the latest session with started_at <= signup_timestamp <= ended_at + gap.
-- Reads:   sessions, signups, settings.
-- Writes:  signup_sessions.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.signup_sessions AS
SELECT DISTINCT ON (s.alias_id, s.is_identified) s.alias_id, s.is_identified, s.session_id
FROM {{.Schema}}.sessions AS s
JOIN {{.Schema}}.signups AS g ON g.alias_id = s.alias_id AND g.is_identified = s.is_identified
CROSS JOIN {{.Schema}}.settings
WHERE s.started_at <= g.signup_timestamp AND g.signup_timestamp <= s.ended_at + session_gap
ORDER BY s.alias_id, s.is_identified, s.started_at DESC
