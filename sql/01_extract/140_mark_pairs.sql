-- Puts down the pairs of the rows taken in, where their month is not to be sessionized whole anyway.
-- Flag: taken straight in. Reads: incoming, or app_tracks or app_identities; dirty_months. Writes: dirty_pairs.
-- @extract; with Flag @from, @to: received_at.
INSERT INTO {{ops}}.dirty_pairs (received_month, anonymous_id, user_id, rebuild, extract_id)
SELECT DISTINCT m.received_month, p.anonymous_id, i.user_id, false, @extract::bigint
FROM {{template "taken" .}} AS i,
    LATERAL (SELECT (date_trunc('month', i.received_at AT TIME ZONE 'UTC'))::date AS received_month) AS m,
    LATERAL (VALUES (i.anonymous_id){{if .Identities}}, (i.previous_id){{end}}) AS p (anonymous_id)
WHERE NOT EXISTS (SELECT FROM {{ops}}.dirty_months AS d WHERE d.received_month = m.received_month)
{{- /* The rows of the window taken in. */ -}}
{{- define "taken"}}{{if .Flag}}(SELECT * FROM {{.Table}} WHERE extract_id = @extract AND received_at >= @from AND received_at < @to){{else}}incoming{{end}}{{end}}
