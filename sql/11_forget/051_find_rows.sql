-- Finds them in one month. Reads: app_tracks or app_identities, forgotten_ids. Writes: forgotten_rows.
INSERT INTO forgotten_rows (identities, source, kind, id, received_at, anonymous_id, user_id, previous_id)
SELECT {{.Identities}}, t.source, t.kind, t.id, t.received_at, t.anonymous_id, t.user_id, {{if .Identities}}t.previous_id{{else}}''{{end}}
FROM {{.Table}} AS t
WHERE t.user_id IN (SELECT f.identifier FROM forgotten_ids AS f WHERE f.is_user)
    OR t.anonymous_id IN (SELECT f.identifier FROM forgotten_ids AS f WHERE NOT f.is_user)
    {{- if .Identities}}
    OR t.previous_id IN (SELECT f.identifier FROM forgotten_ids AS f)
    {{- end}}
