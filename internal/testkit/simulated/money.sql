-- The money of the simulated company: spend for what was paid for and for a misspelt
-- campaign, payments in two currencies, and of users never seen.
TRUNCATE sessions.spend, sessions.revenue, sessions.channel_performance;
INSERT INTO sessions.spend
SELECT DISTINCT converted_at::date, source, medium, campaign, channel, 10, 'USD' FROM sessions.paths WHERE is_paid
UNION ALL SELECT '2024-05-01', 'google', 'cpc', 'misspelt', 'Paid Search', 99, 'USD'
UNION ALL SELECT '2024-05-02', 'google', 'cpc', 'misspelt', 'Paid Search', 9, 'JPY';
INSERT INTO sessions.revenue SELECT alias_id, is_identified, c, 12.5, 2, signup_timestamp, signup_timestamp + interval '1 day' FROM sessions.attribution, unnest('{USD,EUR}'::text[]) AS c WHERE c = 'USD' OR alias_id LIKE '%a%';
INSERT INTO sessions.revenue VALUES (NULL, NULL, 'USD', 5, 1, '2024-05-01', '2024-05-02');
INSERT INTO sessions.channel_performance
SELECT day, conversion, model, channel, source, medium, campaign, 'USD', sum(conversions), 0, sum(conversions) * 12.5, sum(spend), NULL, NULL, NULL, NULL
FROM (
    SELECT (converted_at AT TIME ZONE 'UTC')::date AS day, conversion, model, channel, source, medium, campaign, credit AS conversions, 0 AS spend FROM sessions.credits
    UNION ALL
    SELECT spent_on, 'signup', model, channel, source, medium, campaign, 0, cost FROM sessions.spend, (SELECT DISTINCT model FROM sessions.credits) AS m WHERE currency = 'USD'
) AS x
GROUP BY day, conversion, model, channel, source, medium, campaign;
