-- The events of a month. Full: all, Flag: those received from @from until before @to.
-- Else what came by @extracts, found by the index of its blocks; and Flag: whatever may belong to a pair to derive anew, for
-- which the month is read whole. Reads: app_tracks. @extracts; @anonymous_ids and @user_ids of those pairs.
SELECT source, kind, id, received_at, "timestamp", anonymous_id, user_id, event, event_text,
    context_page_url, url, context_page_referrer, referrer,
    context_campaign_source, context_campaign_medium, context_campaign_name, context_campaign_term, context_campaign_content,
    extract_id, is_bot
FROM {{partition "segment" "app_tracks" .Month}}
{{- if .Full}}{{if .Flag}}
WHERE received_at >= @from AND received_at < @to
{{- end}}{{else}}
WHERE extract_id = ANY (@extracts::bigint[]){{if .Flag}} OR anonymous_id = ANY (@anonymous_ids::text[]) OR user_id = ANY (@user_ids::text[]){{end}}
{{- end}}
