-- Purpose: what evidence has to be worked out for, each combination once.
-- Reads:   all_rows.
-- Writes:  evidence_inputs.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.evidence_inputs AS
SELECT
    page_url, referrer, campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
FROM {{.Schema}}.all_rows
WHERE kind <= 3 AND NOT is_ignored
GROUP BY 1, 2, 3, 4, 5, 6, 7
