-- Finds the rows already taken in that are copies of incoming ones. Verdict: 0 the same row, 1 the one taken in is the
-- lesser, 2 the incoming one is, 3 the same row, of which it is now said otherwise whether a crawler sent it.
-- Row by row by the index on id, in the months around the row alone: whole months, which are not analysed yet, are hashed
-- otherwise. 1.8 s to 10 ms for 2,000 rows among half a million. Full: so many rows that hashing is what is wanted.
-- Flag: ids are unique at the source, so that with the same times it is the same row, whatever columns the source has now.
-- Reads: incoming, app_tracks or app_identities. Writes: matched.
-- @source, @kind; @dedup_window; @from, @to: bounds of received_at over incoming, widened by the window.
INSERT INTO matched (n, id, received_at, verdict)
SELECT i.n, e.id, e.received_at,
    CASE
        WHEN (e.received_at, coalesce(e.uuid_ts, e.received_at)) < (i.received_at, i.load_time) THEN 1
        WHEN (e.received_at, coalesce(e.uuid_ts, e.received_at)) > (i.received_at, i.load_time) THEN 2
        {{- if .Flag}}
        {{template "judged_anew" .}}
        ELSE 0
        {{- else}}
        WHEN {{template "taken_md5" .}} = {{template "incoming_md5" .}} THEN CASE {{template "judged_anew" .}} ELSE 0 END
        WHEN {{template "taken_md5" .}} < {{template "incoming_md5" .}} THEN 1
        ELSE 2
        {{- end}}
    END
FROM incoming AS i
{{- if .Full}}
JOIN {{.Table}} AS e ON {{template "is_copy"}}
{{- else}}
CROSS JOIN LATERAL (
    SELECT * FROM {{.Table}} AS e WHERE {{template "is_copy"}}
    OFFSET 0
) AS e
{{- end}}
WHERE e.received_at >= @from AND e.received_at <= @to
{{- define "judged_anew"}}WHEN {{if .Identities}}false{{else}}e.is_bot <> i.is_bot{{end}} THEN 3{{end}}
{{- /* A row taken in that could be a copy. */ -}}
{{- define "is_copy"}}e.id = i.id AND e.source = @source AND e.kind = @kind::smallint
    AND e.received_at >= i.received_at - @dedup_window::interval AND e.received_at <= i.received_at + @dedup_window::interval{{end}}
