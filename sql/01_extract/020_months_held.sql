-- How many rows of each month a source table holds, NULL: received at no sensible time; with Flag also what of them goes
-- straight in: how many, the newest, the latest loaded; and how many ids of the month have white space around them.
-- Reads: the source. @min, @max: what counts as a time, both midnights; @as_of: rows loaded later are left out;
-- @spaces: white space; @settled and @longest: as for 030.
-- By days first: date_trunc for every row takes as long as reading it.
SELECT CASE WHEN d.day >= @min AND d.day < @max THEN (date_trunc('month', d.day AT TIME ZONE 'UTC'))::date END,
    sum(d.rows)::bigint,
    {{- if .Flag}}
    coalesce(sum(d.rows) FILTER (WHERE d.is_plain), 0)::bigint,
    max(d.newest) FILTER (WHERE d.is_plain),
    max(d.loaded) FILTER (WHERE d.is_plain),
    sum(d.padded)::bigint
    {{- else}}
    0::bigint, NULL::timestamptz, NULL::timestamptz, 0::bigint
    {{- end}}
FROM (
    SELECT date_bin('1 day', CASE WHEN (received_at > uuid_ts + interval '366 days') IS NOT TRUE THEN received_at END, @min) AS day, count(*) AS rows
        {{- if .Flag}},
        ({{template "plain"}}) AS is_plain,
        max(received_at) FILTER (WHERE isfinite(received_at)) AS newest,
        max(coalesce(uuid_ts, received_at)) FILTER (WHERE isfinite(coalesce(uuid_ts, received_at))) AS loaded,
        count(*) FILTER (WHERE "raw id" <> btrim("raw id", @spaces)) AS padded
        {{- end}}
    FROM (
        SELECT {{range $i, $c := .Columns}}{{if $i}},
            {{end}}{{$c}}{{end}}
        FROM {{.Source}} AS t
    ) AS w
    WHERE coalesce(uuid_ts, received_at, '-infinity') <= @as_of
    GROUP BY 1{{if .Flag}}, 3{{end}}
) AS d
GROUP BY 1
ORDER BY 1
