-- Purpose: the published conversions, with what their events' own tables say they are
--          worth, and how many sessions had begun.
-- Reads:   rewards, sessions, the tables of events, settings.
-- Writes:  conversions.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.conversions AS
WITH begun AS (
    SELECT c.alias_id, c.is_identified, c.conversion, c.number, count(*) AS session_count
    FROM {{.Schema}}.rewards AS c
    JOIN {{.Schema}}.sessions AS s
        ON s.alias_id = c.alias_id AND s.is_identified = c.is_identified AND s.started_at <= c.converted_at
    GROUP BY c.alias_id, c.is_identified, c.conversion, c.number
){{if .Values}},

event_values AS MATERIALIZED ( -- so nothing else is cast to a number
{{- range $i, $v := .Values}}{{if $i}}
    UNION ALL{{end}}
    SELECT
        s.sources[{{$v.SourceNumber}}] COLLATE "C" AS source,
        s.reward_names[{{$v.RewardNumber}}] COLLATE "C" AS conversion,
        {{$v.Text "id"}},
        {{$v.Time "received_at"}},
        {{$v.Time "uuid_ts"}},
        {{$v.Value}},
        {{$v.Currency}}
    FROM {{$v.Name}} AS t
    CROSS JOIN {{$.Schema}}.settings AS s
{{- end}}
),

least AS (
    SELECT DISTINCT ON (v.source, v.conversion, v.id)
        v.source, v.conversion, v.id, v.value::numeric AS value, nullif(upper(btrim(v.currency)), '') AS currency
    FROM event_values AS v
    CROSS JOIN {{.Schema}}.settings AS s
    WHERE coalesce(v.uuid_ts, v.received_at, '-infinity') <= s.as_of
        AND length(v.value) <= 1000
        AND v.value ~ '^[ \t\n\r\f\v]*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?[ \t\n\r\f\v]*$'
    ORDER BY v.source, v.conversion, v.id, v.received_at, v.uuid_ts, v.value COLLATE "C", v.currency COLLATE "C"
){{end}}

SELECT
    c.alias_id,
    c.is_identified,
    c.conversion,
    c.number,
    c.converted_at,
    coalesce(b.session_count, 0) AS session_count,
    {{if .Values}}v.value{{else}}NULL::numeric{{end}} AS value,
    {{if .Values}}v.currency{{else}}NULL::text{{end}} AS currency,
    c.source,
    c.id AS message_id
FROM {{.Schema}}.rewards AS c
LEFT JOIN begun AS b
    ON b.alias_id = c.alias_id AND b.is_identified = c.is_identified AND b.conversion = c.conversion AND b.number = c.number
{{- if .Values}}
LEFT JOIN least AS v ON v.source = c.source AND v.conversion = c.conversion AND v.id = c.id
{{- end}}
