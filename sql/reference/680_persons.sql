-- Purpose: the published persons: everybody with a session or a signup.
-- Reads:   all_sessions, signups, all_rows, user_ids, anonymous_ids, every identifies table, settings.
-- Writes:  persons.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.persons AS
WITH seen AS (
    SELECT
        s.alias_id,
        s.is_identified,
        count(*) AS session_count,
        sum(s.event_count)::bigint AS event_count,
        sum(s.page_count)::bigint AS page_count,
        sum(s.bot_event_count)::bigint AS bot_event_count,
        min(s.started_at) AS first_seen_at,
        max(s.ended_at) AS last_seen_at,
        g.signup_timestamp
{{- range .Weeks}},
        bool_or(
            s.started_at >= g.signup_timestamp + interval '7 days' * {{.}}
            AND s.started_at < g.signup_timestamp + interval '7 days' * ({{.}} + 1)
        ) AS active_in_week_{{.}}
{{- end}}
    FROM {{.Schema}}.all_sessions AS s
    LEFT JOIN {{.Schema}}.signups AS g ON g.alias_id = s.alias_id AND g.is_identified = s.is_identified
    GROUP BY s.alias_id, s.is_identified, g.signup_timestamp
){{if .Traits}},

said AS (
{{- range $i, $t := .Traits}}{{if $i}}
    UNION ALL{{end}}
    SELECT
        s.sources[{{$t.SourceNumber}}] COLLATE "C" AS source,
        {{$t.Text "id"}},
        {{$t.Time "received_at"}},
        {{$t.Time "uuid_ts"}},
        (
            SELECT jsonb_strip_nulls(to_jsonb(n))
            FROM (SELECT {{range $k, $c := $t.Items}}{{if $k}}, {{end}}nullif(btrim({{$c.Expr}}), '') AS {{$c.Name}}{{end}}) AS n
        ) AS traits
    FROM {{$t.Name}} AS t
    CROSS JOIN {{$.Schema}}.settings AS s
    WHERE coalesce({{($t.Time "uuid_ts").Expr}}, {{($t.Time "received_at").Expr}}) <= s.as_of
{{- end}}
),

calls AS (
    SELECT DISTINCT ON (r.source, r.id, r.received_at)
        coalesce(u.alias_id, a.alias_id) AS alias_id,
        u.alias_id IS NOT NULL OR a.is_identified AS is_identified,
        r.at, r.received_at, r.source, r.id, t.traits
    FROM {{.Schema}}.all_rows AS r
    JOIN said AS t ON t.source = r.source AND t.id COLLATE "C" = r.id AND t.received_at = r.received_at
    LEFT JOIN {{.Schema}}.user_ids AS u ON u.user_id = r.user_id
    LEFT JOIN {{.Schema}}.anonymous_ids AS a ON a.anonymous_id = r.anonymous_id AND r.user_id = ''
    WHERE r.kind = 4
    ORDER BY r.source, r.id, r.received_at, t.uuid_ts, t.traits
),

latest AS (
    SELECT DISTINCT ON (c.alias_id, c.is_identified, e.key) c.alias_id, c.is_identified, e.key AS trait, e.value
    FROM calls AS c
    CROSS JOIN LATERAL jsonb_each_text(c.traits) AS e
    ORDER BY c.alias_id, c.is_identified, e.key, c.at DESC, c.received_at DESC, c.source DESC, c.id DESC
),

traits AS (
    SELECT alias_id, is_identified, jsonb_object_agg(trait, value) AS traits
    FROM latest
    GROUP BY alias_id, is_identified
){{end}}

SELECT
    coalesce(p.alias_id, g.alias_id) AS alias_id,
    coalesce(p.is_identified, g.is_identified) AS is_identified,
    coalesce(p.session_count, 0) AS session_count,
    coalesce(p.event_count, 0) AS event_count,
    coalesce(p.page_count, 0) AS page_count,
    coalesce(p.bot_event_count, 0) AS bot_event_count,
    coalesce(p.bot_event_count = p.event_count, false) AS is_bot,
    p.first_seen_at,
    p.last_seen_at,
    g.signup_timestamp IS NOT NULL AS is_signed_up,
    g.signup_timestamp
{{- range .Weeks}},
    CASE WHEN g.signup_timestamp IS NOT NULL THEN coalesce(p.active_in_week_{{.}}, false) END AS active_in_week_{{.}}
{{- end}},
    {{if .Traits}}coalesce(t.traits, '{}'){{else}}'{}'::jsonb{{end}} AS traits
FROM seen AS p
FULL JOIN {{.Schema}}.signups AS g ON g.alias_id = p.alias_id AND g.is_identified = p.is_identified
{{- if .Traits}}
LEFT JOIN traits AS t
    ON t.alias_id = coalesce(p.alias_id, g.alias_id) AND t.is_identified = coalesce(p.is_identified, g.is_identified)
{{- end}}
