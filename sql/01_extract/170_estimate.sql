-- How many rows of a window are not taken in yet. Reads: the source, app_tracks or app_identities. @source, @kind; @from, @to: as in
-- the window; @spaces. Forgets: but those of forgotten persons. Reads: forgotten. @inner_pad, @outer_pad: as in 041.
SELECT count(*)
FROM (
    SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}}
    FROM {{.Source}} AS t
    WHERE ({{template "window" .}})
        AND NOT EXISTS (
            SELECT FROM {{.Table}} AS e
            WHERE e.id = coalesce(btrim(t.id::text, @spaces), '') AND e.source = @source AND e.kind = @kind::smallint
        )
) AS r
{{- if .Forgets}}
WHERE {{template "known_to_us" .}}
{{- end}}
{{- /* A row of nobody who was forgotten, but for what only a full look at it shows. */ -}}
{{- define "known_to_us"}}(true, {{template "digest" "r.user_id"}}) NOT IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f)
    AND (r.user_id <> '' OR (false, {{template "digest" "r.anonymous_id"}}) NOT IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f)){{end}}
