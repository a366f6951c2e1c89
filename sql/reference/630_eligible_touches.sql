-- Purpose: the touches that can be one of the four: at or before the signup and within
--          the lookback. A session begun at or before the signup whose every touch is
--          later counts as one direct touch at its first event.
-- Reads:   session_touches, session_pages, signups, settings.
-- Writes:  eligible_touches.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.eligible_touches AS
WITH until_signup AS (
    SELECT
        t.alias_id, t.is_identified, t.session_index, t.n, t.touched_at, g.signup_timestamp,
        t.source, t.campaign, t.medium, t.referrer, t.channel, t.landing_page, t.is_paid
    FROM {{.Schema}}.session_touches AS t
    JOIN {{.Schema}}.signups AS g ON g.alias_id = t.alias_id AND g.is_identified = t.is_identified
    WHERE t.touched_at <= g.signup_timestamp
),

counted AS (
    SELECT until_signup.*
    FROM until_signup
    UNION ALL
    SELECT
        s.alias_id, s.is_identified, s.session_index, s.first_n, s.started_at, g.signup_timestamp,
        d.direct_source, NULL, d.direct_medium, NULL, d.direct_channel, s.entry_page, d.direct_is_paid
    FROM {{.Schema}}.session_pages AS s
    JOIN {{.Schema}}.signups AS g ON g.alias_id = s.alias_id AND g.is_identified = s.is_identified
    CROSS JOIN {{.Schema}}.settings AS d
    WHERE s.started_at <= g.signup_timestamp
        AND NOT EXISTS (
            SELECT
            FROM until_signup AS t
            WHERE t.alias_id = s.alias_id
                AND t.is_identified = s.is_identified
                AND t.session_index = s.session_index
        )
)

SELECT
    c.alias_id, c.is_identified, c.n, c.touched_at,
    c.source, c.campaign, c.medium, c.referrer, c.channel, c.landing_page, c.is_paid
FROM counted AS c
CROSS JOIN {{.Schema}}.settings
WHERE lookback = interval '0' OR c.touched_at >= c.signup_timestamp - lookback
