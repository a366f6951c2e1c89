-- Counts the events that went straight in, by month. Writes: counters. @months, @newest, @rows: one entry a month.
INSERT INTO {{ops}}.counters AS c (received_month, newest, taken_in)
SELECT m.received_month, m.newest, m.rows
FROM unnest(@months::date[], @newest::timestamptz[], @rows::bigint[]) AS m (received_month, newest, rows)
{{template "add_count"}}
