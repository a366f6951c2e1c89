-- What the events of a table that are this run's conversions are worth. Columns: id, received_at, uuid_ts, value and currency
-- of the event's own table. Reads: rewards, the source's table. Writes: event_values. @source, @conversion; @as_of: the run's clock.
INSERT INTO {{aside "stages" "event_values" .Run}} (source, conversion, id, received_at, uuid_ts, value, currency)
SELECT c.source, c.conversion, c.id, e.received_at, e.uuid_ts, e.value, e.currency
FROM {{aside "stages" "rewards" .Run}} AS c
JOIN ({{template "event_values" .}}) AS e ON e.id = c.id COLLATE "default"
WHERE c.source = @source AND c.conversion = @conversion
{{- /* The rows of an event's table whose value is a number: what a numeric can hold, however it is spelt out. */ -}}
{{- define "event_values"}}
    SELECT w.*
    FROM (SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}} FROM {{.Source}} AS t) AS w
    WHERE coalesce(w.uuid_ts, w.received_at, '-infinity') <= @as_of AND length(w.value) <= 1000
        AND w.value ~ '^[ \t\n\r\f\v]*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?[ \t\n\r\f\v]*$'
{{end}}
