-- Purpose: of the copies of a row the least, where no lesser one was received within
--          dedup_window before; and a made-up id for every row without one.
-- Reads:   source_rows, settings.
-- Writes:  settled_rows.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.settled_rows AS
WITH copies AS (
    SELECT r.*, lag(r.received_at) OVER (
        PARTITION BY r.source, r.kind, r.id ORDER BY r.received_at, r.loaded_at, r.row_md5, r.is_bot
    ) AS lesser_received_at
    FROM {{.Schema}}.source_rows AS r
    WHERE r.row_md5 IS NOT NULL AND r.id <> ''
)

SELECT
    source, kind, id, received_at, at, anonymous_id, user_id, previous_id, is_ignored, is_bot, is_signup, rewards,
    page_url, referrer, campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
FROM copies
CROSS JOIN {{.Schema}}.settings AS s
WHERE lesser_received_at IS NULL OR received_at - lesser_received_at > s.dedup_window
UNION ALL
SELECT
    source, kind,
    ('md5:' || md5(row_md5 || loaded_at::text) || ':' || row_number() OVER (PARTITION BY source, kind, row_md5, loaded_at ORDER BY is_bot)) COLLATE "C",
    received_at, at, anonymous_id, user_id, previous_id, is_ignored, is_bot, is_signup, rewards,
    page_url, referrer, campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
FROM {{.Schema}}.source_rows
WHERE row_md5 IS NOT NULL AND id = ''
