-- Do those who signed up come back, by where they came from first?
--
-- Read: of those who signed up long enough ago, percent had a session in the 1st, 4th,
-- 12th and 26th week after the week of the signup. signups is how many that could be
-- said of for week 1; later weeks are of fewer.
--
-- Caveats: a small channel jumps; look at signups first. A session of any kind counts,
-- reading the blog too. Sessions of back ends are none.
SELECT value AS channel, max(signups) FILTER (WHERE week = 1) AS signups,
    round((100 * max(share) FILTER (WHERE week = 1))::numeric, 1) AS week_1,
    round((100 * max(share) FILTER (WHERE week = 4))::numeric, 1) AS week_4,
    round((100 * max(share) FILTER (WHERE week = 12))::numeric, 1) AS week_12,
    round((100 * max(share) FILTER (WHERE week = 26))::numeric, 1) AS week_26
FROM sessions.retention
WHERE dimension = 'channel'
GROUP BY value
ORDER BY signups DESC NULLS LAST, channel;
