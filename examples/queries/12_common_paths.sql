-- Which paths lead to a signup most often?
--
-- Read: path is the channels of the touches by time, one that follows itself written
-- once; signups is how many had exactly this path, median_days how long it took.
--
-- Caveats: long paths are each their own, so the top of the list favours short ones.
-- Touches before the lookback of the settings are not on the path.
WITH steps AS (
    SELECT *, channel IS DISTINCT FROM lag(channel) OVER (PARTITION BY alias_id, is_identified, number ORDER BY position) AS is_new
    FROM sessions.paths
    WHERE conversion = 'signup' AND position > 0
), journeys AS (
    SELECT string_agg(channel, ' > ' ORDER BY position) FILTER (WHERE is_new) AS path, count(*) AS touches,
        extract(epoch FROM min(converted_at) - min(touched_at)) / 86400 AS days
    FROM steps
    GROUP BY alias_id, is_identified, number
)
SELECT path, count(*) AS signups, round(avg(touches), 1) AS touches, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY days)::numeric, 1) AS median_days
FROM journeys
GROUP BY path
ORDER BY signups DESC, path
LIMIT 20;
