-- Campaigns: the @top by conversions and the half as many by spend, then all others in one row, then what has no campaign.
-- Reads: credits, channel_performance. @conversion, @model; @currency: of the money; @from, @until: the period, half-open.
WITH campaigns AS (
    SELECT source, medium, campaign, sum(conversions) AS conversions, sum(revenue) AS revenue, sum(spend) AS spend
    FROM (
        SELECT source, medium, campaign, credit AS conversions, 0 AS revenue, 0 AS spend
        FROM {{sessions}}.credits
        WHERE model = @model AND conversion = @conversion AND converted_at >= @from AND converted_at < @until
        UNION ALL
        SELECT source, medium, campaign, 0, revenue, spend
        FROM {{sessions}}.channel_performance
        WHERE conversion = @conversion AND model = @model AND currency = @currency
            AND day >= (@from::timestamptz)::date AND day < (@until::timestamptz)::date
    ) AS c
    GROUP BY source, medium, campaign
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY campaign IS NULL ORDER BY conversions DESC, spend DESC, campaign, source, medium) AS by_conversions,
        row_number() OVER (PARTITION BY campaign IS NULL ORDER BY spend DESC, conversions DESC, campaign, source, medium) AS by_spend
    FROM campaigns
), named AS (
    SELECT *, CASE
        WHEN campaign IS NULL THEN 3
        WHEN by_conversions <= @top::int OR by_spend <= @top::int / 2 AND spend > 0 THEN 1
        ELSE 2
    END AS kind
    FROM ranked
)
SELECT kind, CASE WHEN kind = 1 THEN campaign END, CASE WHEN kind = 1 THEN source END, CASE WHEN kind = 1 THEN medium END,
    sum(conversions), sum(revenue), sum(spend)
FROM named
GROUP BY 1, 2, 3, 4
ORDER BY 1, sum(conversions) DESC, sum(spend) DESC, 2, 3, 4
