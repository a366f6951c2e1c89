-- The months with work, whether each is to be sessionized whole, and how many events it holds; the largest first, so that
-- several at once end together.
-- Reads: dirty_months, dirty_pairs, counters. Flag: @months, whole.
SELECT w.received_month, bool_or(w.is_whole), count(*) FILTER (WHERE NOT w.is_whole) AS pairs, coalesce(max(c.taken_in), 0)
FROM (
{{- if .Flag}}
    SELECT received_month, true AS is_whole FROM unnest(@months::date[]) AS m (received_month)
{{- else}}
    SELECT received_month, true AS is_whole FROM {{ops}}.dirty_months
    UNION ALL
    SELECT received_month, false FROM {{ops}}.dirty_pairs
{{- end}}
) AS w
LEFT JOIN {{ops}}.counters AS c ON c.received_month = w.received_month
GROUP BY w.received_month
ORDER BY coalesce(max(c.taken_in), 0) DESC, w.received_month
