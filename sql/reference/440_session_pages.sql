-- Purpose: the sessions with the evidence of their first page-bearing event, and the
--          page they ended on.
-- Reads:   sessions, session_events, evidence.
-- Writes:  session_pages.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.session_pages AS
SELECT
    s.*,
    entry.at AS entry_at,
    entry.evidence_id AS entry_evidence_id,
    evidence.page_url AS entry_page,
    nullif(evidence.referrer, '') AS entry_referrer,
    coalesce(evidence.is_external AND NOT evidence.is_tagged, false) AS is_entry_touch,
    exit_evidence.page_url AS exit_page
FROM {{.Schema}}.sessions AS s
LEFT JOIN {{.Schema}}.session_events AS entry ON entry.n = s.entry_n
LEFT JOIN {{.Schema}}.evidence AS evidence ON evidence.evidence_id = entry.evidence_id
LEFT JOIN {{.Schema}}.session_events AS exit ON exit.n = s.exit_n
LEFT JOIN {{.Schema}}.evidence AS exit_evidence ON exit_evidence.evidence_id = exit.evidence_id
