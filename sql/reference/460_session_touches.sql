-- Purpose: the touches of every session: its sets of tags; its entry, where that is
--          untagged and has an external referrer; with neither, its first event, as direct.
-- Reads:   tag_touches, session_pages, evidence, settings.
-- Writes:  session_touches.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.session_touches AS
SELECT
    t.alias_id, t.is_identified, t.session_index, t.n, t.at AS touched_at,
    nullif(v.tag_source, '') AS source,
    nullif(v.tag_medium, '') AS medium,
    nullif(v.tag_campaign, '') AS campaign,
    nullif(v.tag_term, '') AS term,
    nullif(v.tag_content, '') AS content,
    nullif(v.referrer, '') AS referrer,
    nullif(v.page_url, '') AS landing_page,
    nullif(v.tag_click_id, '') AS click_id,
    nullif(v.tag_channel, '') AS channel,
    v.tag_is_paid AS is_paid
FROM {{.Schema}}.tag_touches AS t
JOIN {{.Schema}}.evidence AS v ON v.evidence_id = t.evidence_id
UNION ALL
SELECT
    s.alias_id, s.is_identified, s.session_index, s.entry_n, s.entry_at,
    nullif(v.referral_source, ''), nullif(v.referral_medium, ''), NULL, NULL, NULL,
    s.entry_referrer, s.entry_page, NULL,
    nullif(v.referral_channel, ''), v.referral_is_paid
FROM {{.Schema}}.session_pages AS s
JOIN {{.Schema}}.evidence AS v ON v.evidence_id = s.entry_evidence_id
WHERE s.is_entry_touch
UNION ALL
SELECT
    s.alias_id, s.is_identified, s.session_index, s.first_n, s.started_at,
    d.direct_source, d.direct_medium, NULL, NULL, NULL,
    NULL, s.entry_page, NULL,
    d.direct_channel, d.direct_is_paid
FROM {{.Schema}}.session_pages AS s
CROSS JOIN {{.Schema}}.settings AS d
WHERE NOT s.is_entry_touch
    AND NOT EXISTS (
        SELECT
        FROM {{.Schema}}.tag_touches AS t
        WHERE t.alias_id = s.alias_id
            AND t.is_identified = s.is_identified
            AND t.session_index = s.session_index
    )
