-- The identities of a month: all of it, or (Flag) what came by @extracts and whatever may belong to a pair to derive anew.
-- Reads: app_identities. @extracts; @anonymous_ids and @user_ids of those pairs.
SELECT source, kind, id, received_at, "timestamp", anonymous_id, user_id, previous_id, extract_id
FROM {{partition "segment" "app_identities" .Month}}
{{- if .Flag}}
WHERE extract_id = ANY (@extracts::bigint[]) OR anonymous_id = ANY (@anonymous_ids::text[])
    OR user_id = ANY (@user_ids::text[]) OR previous_id = ANY (@anonymous_ids::text[])
{{- end}}
