-- Drops the rows of forgotten persons: those of a forgotten user, those of a forgotten device that name no user, and alias
-- calls that name one as what was before. Writes: incoming. Reads: forgotten_ids. @absent: user_ids that are blocked.
DELETE FROM incoming AS i
WHERE {{template "is_forgotten" .}}
{{- define "is_forgotten"}}i.user_id IN (SELECT f.identifier FROM forgotten_ids AS f WHERE f.is_user)
    OR i.anonymous_id IN (SELECT f.identifier FROM forgotten_ids AS f WHERE NOT f.is_user) AND (i.user_id = '' OR i.user_id = ANY (@absent::text[]))
    {{- if .Identities}}
    OR i.previous_id IN (SELECT f.identifier FROM forgotten_ids AS f)
    {{- end}}{{end}}
