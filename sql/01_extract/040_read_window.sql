-- Reads a window of a source table, identifiers trimmed, with what is wrong with each row; kept until the transaction ends.
-- Flag: only the rows that were not taken straight in, @settled as there. CREATE TABLE AS, since INSERT never reads in
-- parallel. OFFSET 0 lest each identifier be trimmed again wherever it is named: 0.5 us a row.
-- Reads: the source, columns by name. Writes: a temporary table.
-- @from, @to: load time (.Window.Load), received_at (.Window.Received), both inclusive but @to of a month or day;
-- @as_of: the run's clock; @min, @max: what counts as a received_at, which also cannot be over a year after the row was loaded: one
-- such row would make all months up to it; @spaces: what is trimmed; @longest: bytes;
-- UserAgents: @crawlers: the window's user agents that are crawlers'.
-- .Window.Again: instead of the times @source and @kind, of dirty_ids. Flag and Forgets: @inner_pad, @outer_pad, as in 041.
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT row_number() OVER () AS n, r.*
FROM (
    SELECT id COLLATE "C" AS id, received_at, uuid_ts, "timestamp",
        anonymous_id COLLATE "C" AS anonymous_id, user_id COLLATE "C" AS user_id{{if .Identities}}, previous_id COLLATE "C" AS previous_id{{end}}{{template "event_columns" .}},
        coalesce(uuid_ts, received_at, '-infinity') AS load_time,
        CASE
            WHEN received_at IS NULL OR received_at < @min OR received_at >= @max OR received_at > uuid_ts + interval '366 days' THEN 'received_at'
            WHEN octet_length(id) > @longest OR octet_length(anonymous_id) > @longest
                OR octet_length(user_id) > @longest OR octet_length(previous_id) > @longest THEN 'too_long'
            WHEN anonymous_id = '' AND user_id = '' THEN 'no_identifier'
        END AS reason
    FROM (
        SELECT {{range $i, $c := .Columns}}{{if $i}},
            {{end}}{{$c}}{{end}}{{template "judged" .}}
        FROM {{.Source}} AS t
        WHERE {{template "window" .}}
        {{- if not .Flag}}
        OFFSET 0
        {{- end}}
    ) AS w
    {{- if .Flag}}
    WHERE ({{template "straight" .}}) IS NOT TRUE
    {{- end}}
) AS r
WHERE r.load_time <= @as_of
{{- /* The columns of app_tracks or app_identities that come from the source. */ -}}
{{- define "columns"}}id, received_at, uuid_ts, "timestamp", anonymous_id, user_id{{if .Identities}}, previous_id{{end}}{{template "event_columns" .}}{{end}}
{{- define "event_columns"}}{{if not .Identities}}, event, event_text,
    context_page_url, url, context_page_referrer, referrer, context_campaign_source, context_campaign_medium,
    context_campaign_name, context_campaign_term, context_campaign_content, is_bot{{range .Extra}}, {{.}}{{end}}{{end}}{{end}}
{{- /* Whether a crawler sent the row. A subquery is hashed whatever the plan, which = ANY of an array is not. */ -}}
{{- define "judged"}}{{if not .Identities}},
        {{if .UserAgents}}coalesce(t.context_user_agent::text IN (SELECT unnest(@crawlers::text[])), false){{else}}false{{end}} AS is_bot{{end}}{{end}}
{{- /* A row that needs no care: loaded long enough ago, its identifiers not too long, and one of them begins with a letter,
    so that something is left of it when trimmed. Cheap: to trim, or a regular expression, is 0.3 to 0.6 us each. */ -}}
{{- define "plain"}}coalesce(uuid_ts, received_at) <= @settled
        AND coalesce(received_at <= uuid_ts + interval '366 days', true)
        AND "raw id" COLLATE "C" BETWEEN '!' AND '~' AND octet_length("raw id") <= @longest
        AND coalesce(octet_length("raw anonymous_id"), 0) <= @longest
        AND coalesce(octet_length("raw user_id"), 0) <= @longest
        AND coalesce(octet_length("raw previous_id"), 0) <= @longest
        AND ("raw anonymous_id" COLLATE "C" BETWEEN '!' AND '~' OR "raw user_id" COLLATE "C" BETWEEN '!' AND '~'){{end}}
{{- /* A row that goes straight in: a plain one that names nobody who was forgotten. */ -}}
{{- define "straight"}}{{template "plain"}}
    {{- if .Forgets}}
        AND (true, {{template "digest" "user_id"}}) NOT IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f)
        AND (false, {{template "digest" "anonymous_id"}}) NOT IN (SELECT f.is_user, f.digest FROM {{ops}}.forgotten AS f)
    {{- if .Identities}}
        AND {{template "digest" "previous_id"}} NOT IN (SELECT f.digest FROM {{ops}}.forgotten AS f)
    {{- end}}
    {{- end}}{{end}}
{{- /* Which rows of a source's table a window holds. */ -}}
{{- define "window"}}{{if .Window.Again}}coalesce(btrim(t.id::text, @spaces), '') IN (SELECT d.id FROM {{ops}}.dirty_ids AS d WHERE d.source = @source AND d.kind = @kind::smallint)
    {{- else if .Window.Received}}t.received_at >= @from AND t.received_at < @to
    {{- else if .Window.Rest}}(t.received_at IS NULL OR t.received_at < @from OR t.received_at >= @to)
    {{- else if .Window.HasUUIDTS}}(t.uuid_ts >= @from AND t.uuid_ts <= @to
        OR t.uuid_ts IS NULL AND (t.received_at >= @from AND t.received_at <= @to OR t.received_at IS NULL))
    {{- else}}(t.received_at >= @from AND t.received_at <= @to OR t.received_at IS NULL){{end}}{{end}}
