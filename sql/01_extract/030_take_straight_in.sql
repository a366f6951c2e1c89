-- Takes a window of a first reading in straight from the source: a third of the time the careful way takes. No row of it
-- can be known, but for those a loader may still be at; these, and all whose identifiers are missing, too long or begin
-- oddly, and where persons were forgotten all that name one, are left to the careful way. No id needs trimming: 020 has looked.
-- Reads: the source. Writes: app_tracks or app_identities. @source, @kind, @extract; @from, @to, @longest, @spaces, @crawlers:
-- as for 040; @settled: the load time up to which no loader is at work any more. Forgets: @inner_pad, @outer_pad, as in 041.
INSERT INTO {{.Table}} (source, kind, {{template "columns" .}}, extract_id)
SELECT @source::text, @kind::smallint, "raw id", received_at, uuid_ts, "timestamp", anonymous_id, user_id{{if .Identities}}, previous_id{{end}}
    {{- template "event_columns" .}}, @extract::bigint
FROM (
    SELECT {{range $i, $c := .Columns}}{{if $i}},
        {{end}}{{$c}}{{end}}{{template "judged" .}}
    FROM {{.Source}} AS t
    WHERE {{template "window" .}}
) AS w
WHERE {{template "straight" .}}
