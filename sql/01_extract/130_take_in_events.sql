-- Takes the remaining rows in. Reads: incoming. Writes: app_tracks. @source, @kind, @extract.
INSERT INTO {{segment}}.app_tracks (source, kind, id, received_at, uuid_ts, "timestamp", anonymous_id, user_id, event, event_text,
    context_page_url, url, context_page_referrer, referrer, context_campaign_source, context_campaign_medium,
    context_campaign_name, context_campaign_term, context_campaign_content{{range .Extra}}, {{.}}{{end}}, extract_id)
SELECT @source::text, @kind::smallint, id, received_at, uuid_ts, "timestamp", anonymous_id, user_id, event, event_text,
    context_page_url, url, context_page_referrer, referrer, context_campaign_source, context_campaign_medium,
    context_campaign_name, context_campaign_term, context_campaign_content{{range .Extra}}, {{.}}{{end}}, @extract::bigint
FROM incoming
