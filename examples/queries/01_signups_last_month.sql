-- Where did last month's signups come from?
--
-- Read: one row for each first touch; the largest first. before is the month before.
-- (no touch) signed up without any session known, such as by a back end.
--
-- Caveats: the month is the last whole one, in UTC, of the data, not of the calendar.
-- A signup of last month may still change its first touch, when a device of the
-- person's becomes known.
WITH period AS (
    SELECT date_trunc('month', max(newest_event), 'UTC') AS until FROM sessions.freshness
), signups AS (
    SELECT coalesce(first_touch_channel, '(no touch)') AS channel, first_touch_source AS source, first_touch_campaign AS campaign,
        signup_timestamp >= until - interval '1 month' AS is_last_month
    FROM sessions.attribution, period
    WHERE signup_timestamp >= until - interval '2 months' AND signup_timestamp < until
)
SELECT channel, source, campaign, count(*) FILTER (WHERE is_last_month) AS signups,
    round(100.0 * count(*) FILTER (WHERE is_last_month) / nullif(sum(count(*) FILTER (WHERE is_last_month)) OVER (), 0), 1) AS percent,
    count(*) FILTER (WHERE NOT is_last_month) AS before
FROM signups
GROUP BY channel, source, campaign
ORDER BY signups DESC, before DESC, channel, source, campaign;
