-- The events of a month: all of it, or (Flag) what came by @extracts and whatever may belong to a pair to derive anew.
-- Reads: app_tracks. @extracts; @anonymous_ids and @user_ids of those pairs.
SELECT source, kind, id, received_at, "timestamp", anonymous_id, user_id, event, event_text,
    context_page_url, url, context_page_referrer, referrer,
    context_campaign_source, context_campaign_medium, context_campaign_name, context_campaign_term, context_campaign_content,
    extract_id
FROM {{partition "segment" "app_tracks" .Month}}
{{- if .Flag}}
WHERE extract_id = ANY (@extracts::bigint[]) OR anonymous_id = ANY (@anonymous_ids::text[]) OR user_id = ANY (@user_ids::text[])
{{- end}}
