-- The signup events of a person in the order of events: the first one is the signup.
-- Reads: all_conversions, app_tracks. @user_ids, @anonymous_ids: whose events are the person's; @signup: the
-- conversion's name.
SELECT c.converted_at, c.source, c.id, coalesce(c.event_text, t.event, ''), c.anonymous_id, c.user_id
FROM {{stages}}.all_conversions AS c
LEFT JOIN {{segment}}.app_tracks AS t ON t.received_at = c.received_at AND t.id = c.id AND t.source = c.source AND t.kind = c.kind
WHERE c.conversion = @signup
    AND (c.user_id = ANY (@user_ids::text[]) OR c.user_id = '' AND c.anonymous_id = ANY (@anonymous_ids::text[]))
ORDER BY c.converted_at, c.kind, c.received_at, c.source, c.id
