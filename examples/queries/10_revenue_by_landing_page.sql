-- Which landing pages brought the revenue?
--
-- Read: what each person paid is shared over the touches of their signup by the model
-- linear, and summed by the page the touch led to. (none) is revenue of signups
-- without a touch; so the column adds up to what all signed-up persons paid.
--
-- Caveats: revenue is to date, in USD: put your currency in its place. What stands
-- behind ? or # is cut off. Revenue of persons who never signed up, and of users never
-- seen in events, is in sessions.revenue and not here.
SELECT coalesce(regexp_replace(c.landing_page, '[?#].*$', ''), '(none)') AS landing_page, round(sum(c.credit)::numeric, 2) AS signups,
    round(sum(c.credit * coalesce(r.amount, 0)::double precision)::numeric, 2) AS revenue,
    round((sum(c.credit * coalesce(r.amount, 0)::double precision) / sum(c.credit))::numeric, 2) AS revenue_per_signup
FROM sessions.credits AS c
LEFT JOIN sessions.revenue AS r ON r.alias_id = c.alias_id AND r.is_identified = c.is_identified AND r.currency = 'USD'
WHERE c.conversion = 'signup' AND c.model = 'linear'
GROUP BY 1
ORDER BY revenue DESC, signups DESC, landing_page;
