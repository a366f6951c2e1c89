-- What a row takes: measured on the first rows of a table, the columns taken in only. Reads: the source. @rows: at most.
SELECT count(*), coalesce(avg(pg_column_size(ROW(s.*))), 0)::float8
FROM (
    SELECT {{range $i, $c := .Columns}}{{if $i}},
        {{end}}{{$c}}{{end}}
    FROM {{.Source}} AS t
    LIMIT @rows
) AS s
