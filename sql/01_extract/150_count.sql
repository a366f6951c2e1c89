-- Counts the events taken in, by month. Reads: incoming. Writes: counters.
INSERT INTO {{ops}}.counters AS c (received_month, newest, taken_in)
SELECT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date, max(received_at), count(*)
FROM incoming
GROUP BY 1
{{template "add_count"}}
{{- define "add_count"}}ON CONFLICT (received_month) DO UPDATE SET newest = greatest(c.newest, excluded.newest), taken_in = c.taken_in + excluded.taken_in{{end}}
