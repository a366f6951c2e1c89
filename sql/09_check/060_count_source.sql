-- Rows of a source table loaded at or before a time, and how many of them are of forgotten persons. Columns: uuid_ts and
-- received_at, where the table has them; Forgets: and the identifiers, trimmed of @spaces.
-- Reads: the source; Forgets: forgotten. @as_of. Forgets: @absent: user_ids that are blocked; @inner_pad, @outer_pad: as in
-- 01_extract/041.
SELECT count(*),
{{- if .Forgets}}
    count(*) FILTER (WHERE
        (true, {{template "digest" "r.user_id"}}) IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f)
        OR {{template "digest" "r.previous_id"}} IN (SELECT f.digest FROM {{ops}}.forgotten AS f)
        OR (r.user_id = '' OR r.user_id = ANY (@absent::text[])) AND {{template "of_forgotten_device" .}}
    )
{{- else}}
    0::bigint
{{- end}}
FROM {{template "loaded" .}}
{{- define "of_forgotten_device"}}(false, {{template "digest" "r.anonymous_id"}}) IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f){{end}}
{{- define "loaded"}}(
    SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}}
    FROM {{.Source}} AS t
) AS r
WHERE coalesce(r.uuid_ts, r.received_at, '-infinity') <= @as_of{{end}}
