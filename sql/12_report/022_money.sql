-- Revenue and spend of the period by currency, the one that conversions are in first: the reporting currency.
-- Reads: channel_performance. @conversion, @model; @from, @until: the period, half-open.
SELECT currency, sum(revenue), sum(spend)
FROM {{sessions}}.channel_performance
WHERE conversion = @conversion AND model = @model AND day >= (@from::timestamptz)::date AND day < (@until::timestamptz)::date
GROUP BY currency
HAVING sum(conversions) > 0 OR sum(revenue) <> 0 OR sum(spend) <> 0
ORDER BY sum(conversions) DESC, sum(spend) + sum(revenue) DESC, currency
