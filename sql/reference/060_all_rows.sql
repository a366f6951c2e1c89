-- Purpose: every row taken in, once. What both policies and all four tables start from.
-- Reads:   source_rows, settled_rows.
-- Writes:  all_rows, a view.
-- Parameters: none.
CREATE VIEW {{.Schema}}.all_rows AS
SELECT
    source, kind, id, received_at, at, anonymous_id, user_id, previous_id, is_ignored, is_bot, is_signup, rewards,
    page_url, referrer, campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
FROM {{.Schema}}.source_rows
{{- if not .TakenIn}}
WHERE row_md5 IS NULL
UNION ALL
SELECT
    source, kind, id, received_at, at, anonymous_id, user_id, previous_id, is_ignored, is_bot, is_signup, rewards,
    page_url, referrer, campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
FROM {{.Schema}}.settled_rows
{{- end}}
