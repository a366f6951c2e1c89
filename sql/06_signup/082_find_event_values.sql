-- What the events of a table that are this run's conversions are worth; what is no number is nothing. Columns: id,
-- received_at, uuid_ts, value and currency of the event's own table; of copies the least counts.
-- Reads: rewards, the source's table. Writes: event_values. @source, @conversion; @as_of: the run's clock.
INSERT INTO {{aside "stages" "event_values" .Run}} (source, conversion, id, value, currency)
SELECT DISTINCT ON (c.id) c.source, c.conversion, c.id, e.value::numeric, nullif(upper(btrim(e.currency)), '')
FROM {{aside "stages" "rewards" .Run}} AS c
JOIN ({{template "event_values" .}}) AS e ON e.id = c.id COLLATE "default"
WHERE c.source = @source AND c.conversion = @conversion
ORDER BY c.id, e.received_at, e.uuid_ts, e.value COLLATE "C", e.currency COLLATE "C"
{{- /* The rows of an event's table whose value is a number. OFFSET 0: nothing else is cast to one. */ -}}
{{- define "event_values"}}
    SELECT w.*
    FROM (SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}} FROM {{.Source}} AS t) AS w
    WHERE coalesce(w.uuid_ts, w.received_at) <= @as_of
        AND w.value ~ '^\s*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?\s*$'
{{end}}
