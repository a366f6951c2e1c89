-- What did a signup cost by campaign, what came back, and which spend matched nothing?
--
-- Read: cac is spend over signups, roas revenue over spend, both of sums. A row with
-- spend and 0 signups matched nothing: nobody came by it, or its links spell the
-- campaign otherwise. A paid channel with signups and no spend is the other half of
-- such a pair.
--
-- Caveats: one conversion and one model are asked for; the same spend stands beside
-- each. Spend counts on its own day, signups on theirs, so the last weeks look dear.
-- Revenue is to date: young signups have had little time to pay.
SELECT channel, source, campaign, currency, round(sum(spend)::numeric, 2) AS spend, round(sum(conversions)::numeric, 2) AS signups,
    round(sum(revenue)::numeric, 2) AS revenue, round((nullif(sum(spend), 0) / nullif(sum(conversions), 0))::numeric, 2) AS cac,
    round((sum(revenue) / nullif(sum(spend), 0))::numeric, 2) AS roas, sum(spend) <> 0 AND sum(conversions) = 0 AS matched_nothing
FROM sessions.channel_performance
WHERE conversion = 'signup' AND model = 'first_touch' AND day >= (SELECT (max(newest_event) AT TIME ZONE 'UTC')::date - 365 FROM sessions.freshness)
GROUP BY channel, source, medium, campaign, currency
HAVING sum(spend) <> 0 OR sum(conversions) > 0 AND channel LIKE 'Paid %'
ORDER BY spend DESC, signups DESC, channel, source, campaign;
