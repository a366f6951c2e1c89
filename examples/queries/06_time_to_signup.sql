-- How long, and how many sessions, from the first touch to the signup?
--
-- Read: half of the signups took at most median_days and median_sessions, nine of ten
-- at most p90_days and p90_sessions. percent_first_visit signed up on the first visit.
-- A lookback shorter than p90_days cuts off where people came from.
--
-- Caveats: only those who signed up are counted, so the newest channels look fast.
-- Sessions on a device that never logged in are not known to be the person's.
SELECT first_touch_channel AS channel, count(*) AS signups,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY days)::numeric, 1) AS median_days,
    round(percentile_cont(0.9) WITHIN GROUP (ORDER BY days)::numeric, 1) AS p90_days,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY session_count_before_signup) AS median_sessions,
    percentile_disc(0.9) WITHIN GROUP (ORDER BY session_count_before_signup) AS p90_sessions,
    round(100.0 * count(*) FILTER (WHERE session_count_before_signup = 1) / count(*), 1) AS percent_first_visit
FROM sessions.attribution, LATERAL (SELECT extract(epoch FROM signup_timestamp - first_touch_timestamp) / 86400 AS days) AS d
WHERE first_touch_timestamp IS NOT NULL
GROUP BY channel
ORDER BY signups DESC, channel;
