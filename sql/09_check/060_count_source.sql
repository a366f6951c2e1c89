-- Rows of a source table loaded at or before a time. Columns: uuid_ts and received_at, where the table has them.
-- Reads: the source. @as_of.
SELECT count(*)
FROM (
    SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c}}{{end}}
    FROM {{.Source}} AS t
) AS r
WHERE coalesce(r.uuid_ts, r.received_at, '-infinity') <= @as_of
