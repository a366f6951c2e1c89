INSERT INTO sessions.persons (alias_id, is_identified, session_count, event_count, page_count, bot_event_count, is_bot, first_seen_at, last_seen_at, is_signed_up, signup_timestamp, active_in_week_1, active_in_week_4, active_in_week_12, active_in_week_26, traits)
SELECT alias_id, is_identified, count(s.started_at), coalesce(sum(event_count), 0), coalesce(sum(page_count), 0), 0, false, min(s.started_at), max(s.ended_at),
    bool_or(a.signup_timestamp IS NOT NULL), min(a.signup_timestamp),
    bool_or(s.started_at >= a.signup_timestamp + interval '7 days' AND s.started_at < a.signup_timestamp + interval '14 days'),
    bool_or(s.started_at >= a.signup_timestamp + interval '28 days' AND s.started_at < a.signup_timestamp + interval '35 days'),
    bool_or(s.started_at >= a.signup_timestamp + interval '84 days' AND s.started_at < a.signup_timestamp + interval '91 days'),
    bool_or(s.started_at >= a.signup_timestamp + interval '182 days' AND s.started_at < a.signup_timestamp + interval '189 days'), '{}'
FROM sessions.all_sessions AS s
FULL JOIN sessions.attribution AS a USING (alias_id, is_identified)
GROUP BY 1, 2;
INSERT INTO sessions.conversions (alias_id, is_identified, conversion, number, converted_at, session_count, value, currency, source, message_id)
SELECT alias_id, is_identified, 'signup', 1, signup_timestamp, session_count_before_signup, NULL, NULL, 'website', 'm' FROM sessions.attribution;
INSERT INTO sessions.paths
SELECT alias_id, is_identified, 'signup', 1, row_number() OVER w, a.signup_timestamp, position, session_id, touched_at, source, medium, campaign, channel, landing_page, is_paid,
    (row_number() OVER w = 1)::int, (row_number() OVER w = count(*) OVER p)::int, (row_number() OVER w = count(*) OVER p)::int,
    0, 0, 1.0 / count(*) OVER p, 1.0 / count(*) OVER p, 1.0 / count(*) OVER p, 1.0 / count(*) OVER p, 1
FROM sessions.touches JOIN sessions.attribution AS a USING (alias_id, is_identified)
WHERE is_before_signup
WINDOW w AS (PARTITION BY alias_id, is_identified ORDER BY position), p AS (PARTITION BY alias_id, is_identified);
INSERT INTO sessions.paths
SELECT alias_id, is_identified, 'signup', 1, 0, signup_timestamp, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0 FROM sessions.attribution;
INSERT INTO sessions.channel_weights SELECT DISTINCT 'signup', channel, 0.5 FROM sessions.paths WHERE channel IS NOT NULL;
INSERT INTO attribution_ops.published (table_name, run_id, newest_event, published_at, row_count) SELECT 'persons', run_id, newest_event, published_at, row_count FROM attribution_ops.published WHERE table_name = 'attribution';
INSERT INTO sessions.spend
SELECT DISTINCT converted_at::date, source, medium, campaign, channel, 10, 'USD' FROM sessions.paths WHERE is_paid
UNION ALL SELECT '2024-05-01', 'google', 'cpc', 'misspelt', 'Paid Search', 99, 'USD';
INSERT INTO sessions.revenue SELECT alias_id, is_identified, c, 12.5, 2, signup_timestamp, signup_timestamp + interval '1 day' FROM sessions.attribution, unnest('{USD,EUR}'::text[]) AS c WHERE c = 'USD' OR alias_id LIKE '%a%';
INSERT INTO sessions.revenue VALUES (NULL, NULL, 'USD', 5, 1, '2024-05-01', '2024-05-02');
INSERT INTO sessions.channel_performance
SELECT day, conversion, model, channel, source, medium, campaign, 'USD', sum(conversions), 0, sum(conversions) * 12.5, sum(spend), NULL, NULL, NULL, NULL
FROM (
    SELECT (converted_at AT TIME ZONE 'UTC')::date AS day, conversion, model, channel, source, medium, campaign, credit AS conversions, 0 AS spend FROM sessions.credits
    UNION ALL
    SELECT spent_on, 'signup', model, channel, source, medium, campaign, 0, cost FROM sessions.spend, (SELECT DISTINCT model FROM sessions.credits) AS m
) AS x
GROUP BY day, conversion, model, channel, source, medium, campaign;
