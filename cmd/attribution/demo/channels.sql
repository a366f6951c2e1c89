-- Where signups came from. Reads: attribution.
SELECT coalesce(first_touch_channel, 'no session'), count(*),
    count(*) FILTER (WHERE first_attributed_touch_timestamp IS NOT NULL),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY session_count_before_signup)
FROM sessions.attribution
GROUP BY 1
ORDER BY 2 DESC, 1
