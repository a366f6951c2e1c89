-- Which blog posts brought customers?
--
-- Read: for each post that was the first blog page of a signed-up person: how many
-- signed up, how many of them paid, and how much.
-- What stands behind ? or # in the address is cut off.
--
-- Caveats: first does not mean that it was the cause. Only the first post of a person
-- counts. Amounts are those in USD: put your currency in its place. Without the
-- setting money.revenue nobody has paid.
SELECT regexp_replace(a.blog_url, '[?#].*$', '') AS post, count(*) AS signups, count(r.amount) AS customers,
    coalesce(sum(r.amount), 0) AS revenue, round(100.0 * count(r.amount) / count(*), 1) AS percent_paying
FROM sessions.attribution AS a
LEFT JOIN sessions.revenue AS r ON r.alias_id = a.alias_id AND r.is_identified = a.is_identified AND r.currency = 'USD'
WHERE a.blog_url IS NOT NULL
GROUP BY post
ORDER BY revenue DESC, signups DESC, post;
