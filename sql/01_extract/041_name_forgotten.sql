-- The identifiers of incoming rows that were forgotten, until the transaction ends: sent only when anybody ever was.
-- Each is hashed once, however many rows name it.
-- Reads: incoming, forgotten. Writes: a temporary table. @inner_pad, @outer_pad: the key, padded as HMAC has it.
CREATE TEMPORARY TABLE forgotten_ids ON COMMIT DROP AS
SELECT s.is_user, s.identifier
FROM (
    SELECT true AS is_user, user_id AS identifier FROM incoming
    UNION
    SELECT false, anonymous_id FROM incoming
    {{- if .Identities}}
    UNION
    SELECT k.is_user, previous_id FROM incoming, (VALUES (true), (false)) AS k (is_user)
    {{- end}}
) AS s
WHERE s.identifier <> '' AND (s.is_user, {{template "digest" "s.identifier"}}) IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f)
{{- /* HMAC-SHA256 (RFC 2104) by what every server has built in. */ -}}
{{- define "digest"}}sha256(@outer_pad::bytea || sha256(@inner_pad::bytea || convert_to({{.}}, 'UTF8'))){{end}}
