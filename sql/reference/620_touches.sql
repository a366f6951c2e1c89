-- Purpose: the published touches, numbered over the whole history of each person.
-- Reads:   session_touches, sessions, signups.
-- Writes:  touches.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.touches AS
SELECT
    t.alias_id,
    t.is_identified,
    row_number() OVER (PARTITION BY t.alias_id, t.is_identified ORDER BY t.n) AS position,
    s.session_id,
    t.touched_at,
    t.source,
    t.medium,
    t.campaign,
    t.term,
    t.content,
    t.referrer,
    t.landing_page,
    t.click_id,
    t.channel,
    t.is_paid,
    t.touched_at <= g.signup_timestamp AS is_before_signup
FROM {{.Schema}}.session_touches AS t
JOIN {{.Schema}}.sessions AS s
    ON s.alias_id = t.alias_id AND s.is_identified = t.is_identified AND s.session_index = t.session_index
LEFT JOIN {{.Schema}}.signups AS g ON g.alias_id = t.alias_id AND g.is_identified = t.is_identified
