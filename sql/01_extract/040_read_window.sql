-- Reads a window of a source table, identifiers trimmed, with what is wrong with each row.
-- Reads: the source, columns by name. Writes: incoming.
-- @from, @to: load time (.Window.Load), received_at (.Window.Received), both inclusive but @to of a month or day;
-- @as_of: the run's clock; @min, @max: what counts as a received_at; @spaces: what is trimmed; @longest: bytes.
INSERT INTO incoming (id, received_at, uuid_ts, "timestamp", anonymous_id, user_id, previous_id, event, event_text,
    context_page_url, url, context_page_referrer, referrer, context_campaign_source, context_campaign_medium,
    context_campaign_name, context_campaign_term, context_campaign_content{{range .Extra}}, {{.}}{{end}}, load_time, reason)
SELECT coalesce(r.id, ''), r.received_at, r.uuid_ts, r."timestamp", r.anonymous_id, r.user_id, r.previous_id, r.event, r.event_text,
    r.context_page_url, r.url, r.context_page_referrer, r.referrer, r.context_campaign_source, r.context_campaign_medium,
    r.context_campaign_name, r.context_campaign_term, r.context_campaign_content{{range .Extra}}, r.{{.}}{{end}},
    coalesce(r.uuid_ts, r.received_at, '-infinity'),
    CASE
        WHEN r.received_at IS NULL OR r.received_at < @min OR r.received_at >= @max THEN 'received_at'
        WHEN octet_length(r.id) > @longest OR octet_length(r.anonymous_id) > @longest
            OR octet_length(r.user_id) > @longest OR octet_length(r.previous_id) > @longest THEN 'too_long'
        WHEN r.anonymous_id = '' AND r.user_id = '' THEN 'no_identifier'
    END
FROM (
    SELECT {{range $i, $c := .Columns}}{{if $i}},
        {{end}}{{$c}}{{end}}
    FROM {{.Source}} AS t
    WHERE {{template "window" .}}
) AS r
WHERE coalesce(r.uuid_ts, r.received_at, '-infinity') <= @as_of
{{- /* Which rows of a source's table a window holds. */ -}}
{{- define "window"}}{{if .Window.Received}}t.received_at >= @from AND t.received_at < @to
    {{- else if .Window.Rest}}(t.received_at IS NULL OR t.received_at < @from OR t.received_at >= @to)
    {{- else if .Window.HasUUIDTS}}(t.uuid_ts >= @from AND t.uuid_ts <= @to
        OR t.uuid_ts IS NULL AND (t.received_at >= @from AND t.received_at <= @to OR t.received_at IS NULL))
    {{- else}}(t.received_at >= @from AND t.received_at <= @to OR t.received_at IS NULL){{end}}{{end}}
