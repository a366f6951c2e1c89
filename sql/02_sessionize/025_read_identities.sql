-- The identities of a month, likewise. Reads: app_identities. @extracts; @anonymous_ids and @user_ids of those pairs.
SELECT source, kind, id, received_at, "timestamp", anonymous_id, user_id, previous_id, extract_id
FROM {{partition "segment" "app_identities" .Month}}
{{- if not .Full}}
WHERE extract_id = ANY (@extracts::bigint[])
{{- if .Flag}} OR anonymous_id = ANY (@anonymous_ids::text[]) OR user_id = ANY (@user_ids::text[]) OR previous_id = ANY (@anonymous_ids::text[]){{end}}
{{- end}}
