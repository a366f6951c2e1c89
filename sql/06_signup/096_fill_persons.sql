-- Everybody with a session or a signup. Reads: re_merged, signups; Flag: traits, of each the latest. Writes: persons.
INSERT INTO {{aside "sessions" "persons" .Run}} (alias_id, is_identified, session_count, event_count, page_count, bot_event_count, is_bot,
    first_seen_at, last_seen_at, is_signed_up, signup_timestamp, active_in_week_1, active_in_week_4, active_in_week_12, active_in_week_26, traits)
SELECT p.*, coalesce({{if .Flag}}t.traits{{else}}NULL{{end}}, '{}'::jsonb)
FROM (
    SELECT s.alias_id, s.is_identified, count(*), sum(s.event_count)::bigint, sum(s.page_count)::bigint, sum(s.bot_event_count)::bigint,
        sum(s.bot_event_count) = sum(s.event_count), min(s.started_at), max(s.ended_at), g.signup_timestamp IS NOT NULL, g.signup_timestamp,
        bool_or(s.started_at >= g.signup_timestamp + interval '7 days' AND s.started_at < g.signup_timestamp + interval '14 days'),
        bool_or(s.started_at >= g.signup_timestamp + interval '28 days' AND s.started_at < g.signup_timestamp + interval '35 days'),
        bool_or(s.started_at >= g.signup_timestamp + interval '84 days' AND s.started_at < g.signup_timestamp + interval '91 days'),
        bool_or(s.started_at >= g.signup_timestamp + interval '182 days' AND s.started_at < g.signup_timestamp + interval '189 days')
    FROM {{aside "stages" "re_merged" .Run}} AS s
    LEFT JOIN {{aside "stages" "signups" .Run}} AS g ON g.alias_id = s.alias_id AND g.is_identified = s.is_identified
    GROUP BY s.alias_id, s.is_identified, g.signup_timestamp
    UNION ALL
    SELECT g.alias_id, g.is_identified, 0, 0, 0, 0, false, NULL, NULL, true, g.signup_timestamp, false, false, false, false
    FROM {{aside "stages" "signups" .Run}} AS g
    WHERE NOT EXISTS (SELECT FROM {{aside "stages" "re_merged" .Run}} AS s WHERE s.alias_id = g.alias_id AND s.is_identified = g.is_identified)
) AS p
{{- if .Flag}}
LEFT JOIN (
    SELECT alias_id, is_identified, jsonb_object_agg(key, value) AS traits
    FROM (
        SELECT DISTINCT ON (c.alias_id, c.is_identified, e.key) c.alias_id, c.is_identified, e.key, e.value
        FROM {{aside "stages" "traits" .Run}} AS c
        CROSS JOIN LATERAL jsonb_each_text(c.traits) AS e
        ORDER BY c.alias_id, c.is_identified, e.key, c.at DESC, c.received_at DESC, c.source DESC, c.id DESC
    ) AS latest
    GROUP BY alias_id, is_identified
) AS t ON t.alias_id = p.alias_id AND t.is_identified = p.is_identified
{{- end}}
