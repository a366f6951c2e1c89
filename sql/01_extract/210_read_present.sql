-- The rows of a month a source table has now, by what tells them apart; kept until the transaction ends. A row without an
-- id gets the one 060 makes of it. Flag: ids are unique at the source, so that with the same time it is the same row,
-- whatever columns the source has now. Full: the table is gone.
-- Reads: the source. Writes: a temporary table. @from, @to: received_at; @as_of: the run's clock; @spaces: what is trimmed.
{{- if .Full}}
CREATE TEMPORARY TABLE present (id text COLLATE "C", received_at timestamptz, load_time timestamptz, row_md5 text) ON COMMIT DROP
{{- else}}
CREATE TEMPORARY TABLE present ON COMMIT DROP AS
SELECT
    CASE
        WHEN r.id = '' THEN 'md5:' || md5(r.row_md5 || r.load_time::text) || ':' || row_number() OVER (PARTITION BY r.id, r.row_md5, r.load_time)
        ELSE r.id
    END COLLATE "C" AS id,
    r.received_at, r.load_time, r.row_md5
FROM (
    SELECT i.id, i.received_at, coalesce(i.uuid_ts, i.received_at) AS load_time,
        {{if .Flag}}CASE WHEN i.id = '' THEN {{template "incoming_md5" .}} END{{else}}{{template "incoming_md5" .}}{{end}} AS row_md5
    FROM (
        SELECT {{range $i, $c := .Columns}}{{if $i}},
            {{end}}{{$c}}{{end}}
        FROM {{.Source}} AS t
        WHERE t.received_at >= @from AND t.received_at < @to
        OFFSET 0
    ) AS i
) AS r
WHERE r.load_time <= @as_of
{{- end}}
