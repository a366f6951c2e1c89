-- Moves rows that cannot be taken in out of the way; each is counted once, however often it is read.
-- Writes: incoming, rejected_rows. @source, @kind, @run.
WITH gone AS (
    DELETE FROM incoming AS i WHERE reason IS NOT NULL RETURNING *, md5(id || {{template "incoming_md5" .}}) AS row_md5
)
INSERT INTO {{ops}}.rejected_rows (stage, source, kind, row_md5, load_time, copy, reason, id, received_at, anonymous_id, user_id, run_id)
SELECT 'extract', @source::text, @kind::smallint, row_md5, load_time,
    row_number() OVER (PARTITION BY row_md5, load_time ORDER BY n),
    reason, left(id, 100), received_at, left(anonymous_id, 100), left(user_id, 100), @run::bigint
FROM gone
ON CONFLICT DO NOTHING
{{- /* The md5 of a row: what the pipeline reads of it, in one fixed order, without id and uuid_ts. */ -}}
{{- define "event_md5"}}md5(ROW({{.}}.received_at, {{.}}."timestamp", {{.}}.anonymous_id, {{.}}.user_id, {{.}}.event, {{.}}.event_text,
        {{.}}.context_page_url, {{.}}.url, {{.}}.context_page_referrer, {{.}}.referrer,
        {{.}}.context_campaign_source, {{.}}.context_campaign_medium, {{.}}.context_campaign_name,
        {{.}}.context_campaign_term, {{.}}.context_campaign_content)::text){{end}}
{{- define "identity_md5"}}md5(ROW({{.}}.received_at, {{.}}."timestamp", {{.}}.anonymous_id, {{.}}.user_id, {{.}}.previous_id)::text){{end}}
{{- define "incoming_md5"}}{{if .Identities}}{{template "identity_md5" "i"}}{{else}}{{template "event_md5" "i"}}{{end}}{{end}}
{{- define "taken_md5"}}{{if .Identities}}{{template "identity_md5" "e"}}{{else}}{{template "event_md5" "e"}}{{end}}{{end}}
