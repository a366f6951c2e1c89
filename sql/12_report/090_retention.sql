-- How many of those who signed up in the period came back, by first channel: as the view retention, of the period alone.
-- Reads: attribution, persons, freshness. @from, @until: the period, half-open.
SELECT a.first_touch_channel, w.week, count(*), count(*) FILTER (WHERE w.is_active)
FROM {{sessions}}.attribution AS a
JOIN {{sessions}}.persons AS p ON p.alias_id = a.alias_id AND p.is_identified = a.is_identified
CROSS JOIN LATERAL (VALUES
    (1, p.active_in_week_1), (4, p.active_in_week_4), (12, p.active_in_week_12), (26, p.active_in_week_26)
) AS w (week, is_active)
WHERE a.signup_timestamp >= @from AND a.signup_timestamp < @until
    AND a.signup_timestamp + (w.week + 1) * interval '7 days' <= (
        SELECT newest_event
        FROM {{sessions}}.freshness
        WHERE table_name = 'persons'
    )
GROUP BY a.first_touch_channel, w.week
