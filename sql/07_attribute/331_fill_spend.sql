-- Sums spend as read, so that a day, its tags and a currency are one row. Reads: spend_read. Writes: spend.
INSERT INTO {{sessions}}.spend (spent_on, source, medium, campaign, channel, cost, currency)
SELECT r.spent_on, r.source, r.medium, r.campaign, r.channel, sum(r.cost), r.currency
FROM spend_read AS r
GROUP BY 1, 2, 3, 4, 5, 7
