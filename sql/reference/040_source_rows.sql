-- Purpose: every row of every source that is not rejected: identifiers trimmed, and
--          absent ('') where blocked; event time; page URL and referrer; names looked
--          up. row_md5 is set where the row may be a copy or has no id.
--          A column the table does not have, or that means something else on its kind
--          (url but on pages, event but on tracks, previous_id but on aliases), is NULL.
--          Where persons were forgotten their rows are left out: those of a forgotten
--          user, those of a forgotten device that name no user, and alias calls that
--          name one as previous_id.
--          Rows taken in are trimmed and there once: of them only the rest is worked out.
-- Reads:   every source table, repeated_ids, crawlers, settings, attribution_ops.forgotten; or app_tracks, app_identities, settings.
-- Writes:  source_rows.
-- Parameters: none.
{{- define "cleaned_id"}}CASE
        WHEN CASE
            WHEN octet_length({{.}}) = char_length({{.}}) THEN lower({{.}})
            ELSE translate(lower({{.}}), s.upper_runes, s.lower_runes)
        END = ANY (s.blocked) THEN ''
        ELSE {{.}}
    END{{end}}
{{- define "hmac"}}sha256(s.outer_pad || sha256(s.inner_pad || convert_to({{.}}, 'UTF8'))){{end}}
{{- define "event_time"}}CASE
        WHEN t."timestamp" >= '2000-01-01 00:00:00+00' AND t."timestamp" <= t.received_at + interval '24 hours'
            THEN t."timestamp"
        ELSE t.received_at
    END AS at{{end}}
{{- define "contents"}}coalesce(t.event_text = ANY (s.ignore_events), false) OR coalesce(t.event = ANY (s.ignore_events), false)
        OR s.exclude_bots AND t.is_bot AS is_ignored,
    t.is_bot,
    coalesce(t.event_text = ANY (s.signup_events), false) OR coalesce(t.event = ANY (s.signup_events), false) AS is_signup,
    {{if .Rewards}}(
        SELECT array_agg(DISTINCT r.name)
        FROM unnest(s.reward_names, s.reward_events) AS r (name, event)
        WHERE r.event = t.event_text OR r.event = t.event
    ){{else}}NULL::text[]{{end}} AS rewards,
    coalesce(nullif(t.context_page_url, ''), t.url, '') COLLATE "C" AS page_url,
    coalesce(nullif(t.context_page_referrer, ''), t.referrer, '') COLLATE "C" AS referrer,
    coalesce(t.context_campaign_source, '') COLLATE "C" AS campaign_source,
    coalesce(t.context_campaign_medium, '') COLLATE "C" AS campaign_medium,
    coalesce(t.context_campaign_name, '') COLLATE "C" AS campaign_name,
    coalesce(t.context_campaign_term, '') COLLATE "C" AS campaign_term,
    coalesce(t.context_campaign_content, '') COLLATE "C" AS campaign_content{{end}}
CREATE UNLOGGED TABLE {{.Schema}}.source_rows AS
{{- if .TakenIn}}
SELECT
    t.source, t.kind, t.id, t.received_at,
    {{template "event_time"}},
    {{template "cleaned_id" "t.anonymous_id"}} AS anonymous_id,
    {{template "cleaned_id" "t.user_id"}} AS user_id,
    '' COLLATE "C" AS previous_id,
    {{template "contents" .}}
FROM {{.Tracks}} AS t
CROSS JOIN {{.Schema}}.settings AS s
UNION ALL
SELECT
    t.source, t.kind, t.id, t.received_at,
    {{template "event_time"}},
    {{template "cleaned_id" "t.anonymous_id"}},
    {{template "cleaned_id" "t.user_id"}},
    CASE WHEN s.use_alias_calls THEN {{template "cleaned_id" "t.previous_id"}} ELSE '' END,
    false, false, false, NULL, '', '', '', '', '', '', ''
FROM {{.Identities}} AS t
CROSS JOIN {{.Schema}}.settings AS s
{{- else}}
WITH raw AS (
{{- range $i, $t := .Tables}}{{if $i}}
    UNION ALL{{end}}
    SELECT
        {{$t.SourceNumber}} AS source_number,
        {{$t.KindNumber}}::smallint AS kind,
        {{$t.Text "id"}},
        {{$t.Time "received_at"}},
        {{$t.Time "uuid_ts"}},
        {{$t.Time "timestamp"}},
        {{$t.Text "anonymous_id"}},
        {{$t.Text "user_id"}},
        {{$t.Text "previous_id"}},
        {{$t.Text "event"}},
        {{$t.Text "event_text"}},
        {{$t.Text "context_page_url"}},
        {{$t.Text "url"}},
        {{$t.Text "context_page_referrer"}},
        {{$t.Text "referrer"}},
        {{$t.Text "context_campaign_source"}},
        {{$t.Text "context_campaign_medium"}},
        {{$t.Text "context_campaign_name"}},
        {{$t.Text "context_campaign_term"}},
        {{$t.Text "context_campaign_content"}},
        {{$t.Text "context_user_agent"}}
    FROM {{$t.Name}} AS t
{{- end}}
),

-- OFFSET 0 keeps each trim from being worked out once for every place that reads it.
trimmed AS (
    SELECT
        raw.*,
        btrim(coalesce(raw.id, ''), s.whitespace) COLLATE "C" AS clean_id,
        btrim(coalesce(raw.anonymous_id, ''), s.whitespace) COLLATE "C" AS clean_anonymous_id,
        btrim(coalesce(raw.user_id, ''), s.whitespace) COLLATE "C" AS clean_user_id,
        CASE WHEN s.use_alias_calls THEN btrim(coalesce(raw.previous_id, ''), s.whitespace) ELSE '' END
            COLLATE "C" AS clean_previous_id,
        raw.kind <= 3 AND coalesce(raw.context_user_agent IN (SELECT c.user_agent FROM {{.Schema}}.crawlers AS c), false) AS is_bot
    FROM raw
    CROSS JOIN {{.Schema}}.settings AS s
    WHERE coalesce(raw.uuid_ts, raw.received_at) <= s.as_of
        AND raw.received_at >= '2000-01-01 00:00:00+00'
        AND raw.received_at < '2100-01-01 00:00:00+00'
        AND (raw.received_at <= raw.uuid_ts + interval '366 days') IS NOT FALSE
    OFFSET 0
)

SELECT
    s.sources[t.source_number] COLLATE "C" AS source,
    t.kind,
    t.clean_id AS id,
    t.received_at,
    {{template "event_time"}},
    {{template "cleaned_id" "t.clean_anonymous_id"}} AS anonymous_id,
    {{template "cleaned_id" "t.clean_user_id"}} AS user_id,
    {{template "cleaned_id" "t.clean_previous_id"}} AS previous_id,
    {{template "contents" .}},
    coalesce(t.uuid_ts, t.received_at) AS loaded_at,
    CASE
        WHEN t.clean_id = '' OR repeated.id IS NOT NULL
            THEN CASE
                WHEN t.kind <= 3
                    THEN md5(ROW(
                        t.received_at, t."timestamp", t.clean_anonymous_id, t.clean_user_id, t.event, t.event_text,
                        t.context_page_url, t.url, t.context_page_referrer, t.referrer,
                        t.context_campaign_source, t.context_campaign_medium, t.context_campaign_name,
                        t.context_campaign_term, t.context_campaign_content
                    )::text)
                ELSE md5(ROW(
                    t.received_at, t."timestamp", t.clean_anonymous_id, t.clean_user_id,
                    btrim(coalesce(t.previous_id, ''), s.whitespace)
                )::text)
            END
    END AS row_md5
FROM trimmed AS t
CROSS JOIN {{.Schema}}.settings AS s
LEFT JOIN {{.Schema}}.repeated_ids AS repeated
    ON repeated.source_number = t.source_number AND repeated.kind = t.kind AND repeated.id = t.clean_id
WHERE (t.clean_anonymous_id <> '' OR t.clean_user_id <> '')
    AND octet_length(t.clean_id) <= 1024
    AND octet_length(t.clean_anonymous_id) <= 1024
    AND octet_length(t.clean_user_id) <= 1024
    AND octet_length(btrim(coalesce(t.previous_id, ''), s.whitespace)) <= 1024
{{- if .Forgets}}
    AND {{template "hmac" "t.clean_user_id"}} NOT IN (SELECT f.digest FROM {{.Forgotten}} AS f WHERE f.is_user)
    AND {{template "hmac" "btrim(coalesce(t.previous_id, ''), s.whitespace)"}} NOT IN (SELECT f.digest FROM {{.Forgotten}} AS f)
    AND (
        {{template "cleaned_id" "t.clean_user_id"}} <> ''
        OR {{template "hmac" "t.clean_anonymous_id"}} NOT IN (SELECT f.digest FROM {{.Forgotten}} AS f WHERE NOT f.is_user)
    )
{{- end}}
{{- end}}
