-- Conversions with what they are worth and how many sessions had begun; of copies of an event's row, in whichever
-- of its tables, the least counts. Reads: rewards, re_merged; Flag: event_values. Writes: conversions.
INSERT INTO {{aside "sessions" "conversions" .Run}} (alias_id, is_identified, conversion, number, converted_at, session_count, value, currency, source, message_id)
SELECT c.alias_id, c.is_identified, c.conversion, c.number, c.converted_at, count(s.started_at),
    {{if .Flag}}v.value, v.currency{{else}}NULL, NULL{{end}}, c.source, c.id
FROM {{aside "stages" "rewards" .Run}} AS c
LEFT JOIN {{aside "stages" "re_merged" .Run}} AS s
    ON s.alias_id = c.alias_id AND s.is_identified = c.is_identified AND s.started_at <= c.converted_at
{{- if .Flag}}
LEFT JOIN (
    SELECT DISTINCT ON (source, conversion, id) source, conversion, id, value::numeric AS value, nullif(upper(btrim(currency)), '') AS currency
    FROM {{aside "stages" "event_values" .Run}} AS e
    ORDER BY source, conversion, id, received_at, uuid_ts, e.value, e.currency
) AS v ON v.source = c.source AND v.conversion = c.conversion AND v.id = c.id
{{- end}}
GROUP BY c.alias_id, c.is_identified, c.conversion, c.number, c.converted_at, c.source, c.id{{if .Flag}}, v.value, v.currency{{end}}
