-- Purpose: the activity of every person, ignored names left out, with its evidence.
-- Reads:   all_rows, user_ids, anonymous_ids, evidence, settings.
-- Writes:  events.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.events AS
-- OFFSET 0 makes the join on seven columns the last one: its size is estimated far
-- too low, and every join after it would be planned for a handful of rows.
WITH owned AS (
    SELECT
        r.*,
        coalesce(u.alias_id, a.alias_id) AS alias_id,
        u.alias_id IS NOT NULL OR a.is_identified AS is_identified
    FROM {{.Schema}}.all_rows AS r
    CROSS JOIN {{.Schema}}.settings AS s
    LEFT JOIN {{.Schema}}.user_ids AS u ON u.user_id = r.user_id
    LEFT JOIN {{.Schema}}.anonymous_ids AS a ON a.anonymous_id = r.anonymous_id AND r.user_id = ''
    WHERE r.kind <= 3
        AND NOT r.is_ignored
        AND (r.user_id <> '' OR r.anonymous_id <> '')
        AND (s.sample_one_in = 1 OR hashtextextended(coalesce(u.alias_id, a.alias_id), 0) % s.sample_one_in = 0)
    OFFSET 0
)

SELECT
    o.alias_id, o.is_identified, o.at, o.kind, o.received_at, o.source, o.id,
    e.evidence_id,
    o.page_url <> '' AS has_page,
    e.is_tagged,
    e.is_blog,
    o.is_bot,
    o.kind = 3 AND o.is_signup AS is_signup,
    CASE WHEN o.kind = 3 THEN o.rewards END AS rewards,
    o.anonymous_id = '' AND o.page_url = '' AS is_server
FROM owned AS o
JOIN {{.Schema}}.evidence AS e
    ON e.page_url = o.page_url
    AND e.referrer = o.referrer
    AND e.campaign_source = o.campaign_source
    AND e.campaign_medium = o.campaign_medium
    AND e.campaign_name = o.campaign_name
    AND e.campaign_term = o.campaign_term
    AND e.campaign_content = o.campaign_content
