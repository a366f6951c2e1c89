-- How many rows a night would read, and how they spread. Reads: the source. @from, @to: load time, inclusive.
SELECT count(*), min(t.received_at::timestamptz), max(t.received_at::timestamptz)
FROM {{.Source}} AS t
WHERE {{if .Window.HasUUIDTS}}t.uuid_ts >= @from AND t.uuid_ts <= @to{{else}}t.received_at >= @from AND t.received_at <= @to{{end}}
