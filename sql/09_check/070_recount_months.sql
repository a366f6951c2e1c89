-- Where the events of each month went, counted anew, beside the counters kept by the stages.
-- Reads: app_tracks, all_tracks, all_sightings, counters.
SELECT received_month::timestamptz,
    coalesce(t.taken_in, 0), coalesce(c.taken_in, 0),
    coalesce(v.in_visits, 0)::bigint, coalesce(c.in_visits, 0),
    coalesce(s.server, 0)::bigint, coalesce(c.server, 0),
    coalesce(s.ignored, 0)::bigint, coalesce(c.ignored, 0),
    coalesce(s.bots, 0)::bigint, coalesce(c.bots, 0),
    coalesce(s.rejected, 0)::bigint, coalesce(c.rejected, 0)
FROM (
    SELECT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date AS received_month, count(*) AS taken_in
    FROM {{segment}}.app_tracks
    GROUP BY 1
) AS t
FULL JOIN (
    SELECT received_month, sum(event_count) AS in_visits
    FROM {{stages}}.all_tracks
    GROUP BY 1
) AS v USING (received_month)
FULL JOIN (
    SELECT received_month, sum(server_count) AS server, sum(ignored_count) AS ignored, sum(bot_count) AS bots, sum(rejected_count) AS rejected
    FROM {{stages}}.all_sightings
    GROUP BY 1
) AS s USING (received_month)
FULL JOIN {{ops}}.counters AS c USING (received_month)
ORDER BY 1
