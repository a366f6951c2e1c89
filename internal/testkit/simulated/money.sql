-- What the simulated company spent and was paid, as its own tables say: 10 a day for each
-- paid campaign that brought somebody, a campaign whose links are spelt otherwise, payments
-- of every other user in two currencies, one of them without a rate, and of a user never seen.
CREATE SCHEMA finance;
CREATE TABLE finance.ad_spend AS
SELECT DISTINCT (touched_at AT TIME ZONE 'UTC')::date AS date, source, medium, campaign, 10.00 AS cost, 'USD' AS currency FROM sessions.touches WHERE is_paid
UNION ALL SELECT '2024-05-01', 'google', 'cpc', 'misspelt', 99.50, 'USD'
UNION ALL SELECT '2024-05-02', 'google', 'cpc', 'misspelt', 9.50, 'JPY';
CREATE TABLE finance.payments AS
SELECT u.user_id, 12.50 AS amount, a.signup_timestamp + interval '1 day' AS time, c.currency
FROM sessions.attribution AS a
JOIN aliases.user_ids AS u ON u.alias_id = a.alias_id
CROSS JOIN (VALUES ('USD'), ('EUR')) AS c (currency)
WHERE a.is_identified AND (c.currency = 'USD' OR u.user_id LIKE '%a%')
UNION ALL SELECT 'never seen', 5, '2024-05-02Z', 'USD';
