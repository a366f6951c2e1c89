-- Purpose: the published attribution, one row for every signed-up person.
-- Reads:   signups, sessions, session_events, evidence, eligible_touches.
-- Writes:  attribution.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.attribution AS
WITH person_sessions AS (
    SELECT
        g.alias_id,
        g.is_identified,
        count(*) FILTER (WHERE s.started_at <= g.signup_timestamp) AS session_count_before_signup,
        min(s.entry_n) AS first_page_n,
        min(s.blog_n) AS blog_n
    FROM {{.Schema}}.signups AS g
    JOIN {{.Schema}}.sessions AS s ON s.alias_id = g.alias_id AND s.is_identified = g.is_identified
    GROUP BY g.alias_id, g.is_identified
),

pages AS (
    SELECT p.*, first_page.page_url AS first_page_url, blog.at AS blog_at, blog_page.page_url AS blog_url
    FROM person_sessions AS p
    LEFT JOIN {{.Schema}}.session_events AS first_event ON first_event.n = p.first_page_n
    LEFT JOIN {{.Schema}}.evidence AS first_page ON first_page.evidence_id = first_event.evidence_id
    LEFT JOIN {{.Schema}}.session_events AS blog ON blog.n = p.blog_n
    LEFT JOIN {{.Schema}}.evidence AS blog_page ON blog_page.evidence_id = blog.evidence_id
),

first_touch AS (
    SELECT DISTINCT ON (alias_id, is_identified) *
    FROM {{.Schema}}.eligible_touches
    ORDER BY alias_id, is_identified, n
),

last_touch AS (
    SELECT DISTINCT ON (alias_id, is_identified) *
    FROM {{.Schema}}.eligible_touches
    ORDER BY alias_id, is_identified, n DESC
),

first_paid AS (
    SELECT DISTINCT ON (alias_id, is_identified) *
    FROM {{.Schema}}.eligible_touches
    WHERE is_paid
    ORDER BY alias_id, is_identified, n
),

last_paid AS (
    SELECT DISTINCT ON (alias_id, is_identified) *
    FROM {{.Schema}}.eligible_touches
    WHERE is_paid
    ORDER BY alias_id, is_identified, n DESC
)

SELECT
    g.alias_id,
    coalesce(p.session_count_before_signup, 0) AS session_count_before_signup,
    g.signup_timestamp,
    CASE WHEN p.blog_at <= g.signup_timestamp THEN p.blog_url END AS blog_url,
    p.first_page_url AS first_page_ever_visited,
    ft.touched_at AS first_touch_timestamp,
    ft.source AS first_touch_source,
    ft.campaign AS first_touch_campaign,
    ft.medium AS first_touch_medium,
    ft.referrer AS first_touch_referrer,
    lt.touched_at AS last_touch_timestamp,
    lt.source AS last_touch_source,
    lt.campaign AS last_touch_campaign,
    lt.medium AS last_touch_medium,
    lt.referrer AS last_touch_referrer,
    fp.touched_at AS first_attributed_touch_timestamp,
    fp.source AS first_attributed_touch_source,
    fp.campaign AS first_attributed_touch_campaign,
    fp.medium AS first_attributed_touch_medium,
    fp.referrer AS first_attributed_touch_referrer,
    lp.touched_at AS last_attributed_touch_timestamp,
    lp.source AS last_attributed_touch_source,
    lp.campaign AS last_attributed_touch_campaign,
    lp.medium AS last_attributed_touch_medium,
    lp.referrer AS last_attributed_touch_referrer,
    ft.channel AS first_touch_channel,
    ft.landing_page AS first_touch_landing_page,
    lt.channel AS last_touch_channel,
    lt.landing_page AS last_touch_landing_page,
    fp.channel AS first_attributed_touch_channel,
    fp.landing_page AS first_attributed_touch_landing_page,
    lp.channel AS last_attributed_touch_channel,
    lp.landing_page AS last_attributed_touch_landing_page,
    g.is_identified
FROM {{.Schema}}.signups AS g
LEFT JOIN pages AS p ON p.alias_id = g.alias_id AND p.is_identified = g.is_identified
LEFT JOIN first_touch AS ft ON ft.alias_id = g.alias_id AND ft.is_identified = g.is_identified
LEFT JOIN last_touch AS lt ON lt.alias_id = g.alias_id AND lt.is_identified = g.is_identified
LEFT JOIN first_paid AS fp ON fp.alias_id = g.alias_id AND fp.is_identified = g.is_identified
LEFT JOIN last_paid AS lp ON lp.alias_id = g.alias_id AND lp.is_identified = g.is_identified
