-- The persons those rows belong to, as identity stands now. Reads: the source, app_tracks or app_identities, user_ids, anonymous_ids.
-- @source, @kind; @from, @to: as in the window; @spaces. Forgets: as for 170, @inner_pad, @outer_pad.
SELECT DISTINCT
    CASE WHEN r.user_id <> '' THEN coalesce(u.alias_id, r.user_id) WHEN a.is_identified THEN a.alias_id ELSE r.anonymous_id END,
    r.user_id <> '' OR coalesce(a.is_identified, false)
FROM (
    SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}}
    FROM {{.Source}} AS t
    WHERE ({{template "window" .}})
        AND NOT EXISTS (
            SELECT FROM {{.Table}} AS e
            WHERE e.id = coalesce(btrim(t.id::text, @spaces), '') AND e.source = @source AND e.kind = @kind::smallint
        )
) AS r
LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = r.user_id
LEFT JOIN {{aliases}}.anonymous_ids AS a ON r.user_id = '' AND a.anonymous_id = r.anonymous_id
WHERE (r.anonymous_id <> '' OR r.user_id <> '')
{{- if .Forgets}}
    AND {{template "known_to_us" .}}
{{- end}}
