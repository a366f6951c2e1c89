-- Makes channel_performance anew in one pass over the paths: what each conversion brought, shared as each model shares
-- the conversion, beside what was spent. Table: the paths; Other: the conversions; Flag: money.revenue is given, so
-- what a person paid is what the signup brought. Credits are summed as integers and amounts as decimals, so that sums do
-- not depend on the order of rows: 1152921504606846976 is 2^60, the credit of a whole conversion.
-- Reads: paths, conversions, channel_weights, revenue, spend. Writes: channel_performance.
-- @currency: the reporting currency. @currencies, @rates: pairwise, what one unit of each is worth in it; it is among them.
-- @most: greatest amount believed of one conversion.
INSERT INTO {{sessions}}.channel_performance (day, conversion, model, channel, source, medium, campaign, currency, conversions, first_visit_conversions,
    revenue, spend, cac, roas, ltv, first_visit_share)
WITH rates AS (
    SELECT r.currency, r.rate FROM unnest(@currencies::text[], @rates::text[]::numeric[]) AS r (currency, rate)
), worth AS (
    SELECT a.alias_id, a.is_identified, a.conversion, a.number, CASE WHEN r.rate IS NULL THEN a.currency ELSE @currency::text END AS currency,
        sum(a.amount * coalesce(r.rate, 1)) AS amount, max(a.at) AS at
    FROM (
        SELECT c.alias_id, c.is_identified, c.conversion, c.number, coalesce(c.currency, @currency::text) AS currency, c.value AS amount, c.converted_at AS at
        FROM {{.Other}} AS c
        WHERE abs(c.value) <= @most::numeric{{if .Flag}} AND c.conversion <> 'signup'
        UNION ALL
        SELECT p.alias_id, p.is_identified, 'signup', 1, p.currency, p.amount, p.last_paid_at
        FROM {{sessions}}.revenue AS p{{end}}
    ) AS a
    LEFT JOIN rates AS r ON r.currency = a.currency
    GROUP BY 1, 2, 3, 4, 5
), converted AS (
    -- Each conversion counts once, with what it brought in the reporting currency; what it brought in others is beside it.
    SELECT c.alias_id, c.is_identified, c.conversion, c.number, true AS counts, c.session_count = 1 AS is_first_visit, @currency::text AS currency, w.amount
    FROM {{.Other}} AS c
    LEFT JOIN worth AS w ON w.alias_id = c.alias_id AND w.is_identified = c.is_identified AND w.conversion = c.conversion AND w.number = c.number
        AND w.currency = @currency::text
    UNION ALL
    SELECT c.alias_id, c.is_identified, c.conversion, c.number, false, false, w.currency, w.amount
    FROM worth AS w
    JOIN {{.Other}} AS c ON w.alias_id = c.alias_id AND w.is_identified = c.is_identified AND w.conversion = c.conversion AND w.number = c.number
    WHERE w.currency <> @currency::text
), shares AS (
    SELECT p.alias_id, p.is_identified, p.conversion, p.number, p.converted_at, p.channel, p.source, p.medium, p.campaign,
        (1152921504606846976 * p.first_touch)::bigint AS first_touch,
        (1152921504606846976 * p.last_touch)::bigint AS last_touch,
        (1152921504606846976 * p.last_non_direct)::bigint AS last_non_direct,
        (1152921504606846976 * p.first_paid)::bigint AS first_paid,
        (1152921504606846976 * p.last_paid)::bigint AS last_paid,
        (1152921504606846976 * p.linear)::bigint AS linear,
        (1152921504606846976 * p.position_based)::bigint AS position_based,
        (1152921504606846976 * p.time_decay)::bigint AS time_decay,
        (1152921504606846976 * p.shapley)::bigint AS shapley,
        (1152921504606846976 * coalesce(p.weighed / nullif(sum(p.weighed) OVER path, 0), p.markov_share / nullif(sum(p.markov_share) OVER path, 0), 0))::bigint AS markov
    FROM (
        SELECT p.*, p.markov_share * coalesce(w.weight, 0) AS weighed
        FROM {{.Table}} AS p
        LEFT JOIN {{sessions}}.channel_weights AS w ON w.conversion = p.conversion AND w.channel = p.channel
    ) AS p
    WINDOW path AS (
        PARTITION BY p.alias_id, p.is_identified, p.conversion, p.number
        ORDER BY p.position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING -- one order of sums
    )
), facts AS (
    SELECT (p.converted_at AT TIME ZONE 'UTC')::date AS day, p.conversion, p.channel, p.source, p.medium, p.campaign, c.currency,
        c.counts, c.is_first_visit, c.amount,
        p.first_touch, p.last_touch, p.last_non_direct, p.first_paid, p.last_paid, p.linear, p.position_based, p.time_decay, p.shapley, p.markov
    FROM shares AS p
    JOIN converted AS c ON c.alias_id = p.alias_id AND c.is_identified = p.is_identified AND c.conversion = p.conversion AND c.number = p.number
    UNION ALL
    -- What was paid by those who never signed up, or whom no event knows, is nobody's credit, on the day of the last payment.
    SELECT (w.at AT TIME ZONE 'UTC')::date, w.conversion, NULL, NULL, NULL, NULL, w.currency, false, false, w.amount,
        s, s, s, s, s, s, s, s, s, s
    FROM worth AS w
    CROSS JOIN (VALUES (1152921504606846976)) AS whole (s)
    WHERE NOT EXISTS (
            SELECT FROM {{.Other}} AS c
            WHERE w.alias_id = c.alias_id AND w.is_identified = c.is_identified AND w.conversion = c.conversion AND w.number = c.number
        )
), earned AS (
    SELECT f.day, f.conversion, f.channel, f.source, f.medium, f.campaign, f.currency,
        sum(f.first_touch) FILTER (WHERE f.counts) AS first_touch, sum(f.first_touch) FILTER (WHERE f.is_first_visit) AS first_touch_first, sum(nullif(f.first_touch, 0) * f.amount) AS first_touch_revenue,
        sum(f.last_touch) FILTER (WHERE f.counts) AS last_touch, sum(f.last_touch) FILTER (WHERE f.is_first_visit) AS last_touch_first, sum(nullif(f.last_touch, 0) * f.amount) AS last_touch_revenue,
        sum(f.last_non_direct) FILTER (WHERE f.counts) AS last_non_direct, sum(f.last_non_direct) FILTER (WHERE f.is_first_visit) AS last_non_direct_first, sum(nullif(f.last_non_direct, 0) * f.amount) AS last_non_direct_revenue,
        sum(f.first_paid) FILTER (WHERE f.counts) AS first_paid, sum(f.first_paid) FILTER (WHERE f.is_first_visit) AS first_paid_first, sum(nullif(f.first_paid, 0) * f.amount) AS first_paid_revenue,
        sum(f.last_paid) FILTER (WHERE f.counts) AS last_paid, sum(f.last_paid) FILTER (WHERE f.is_first_visit) AS last_paid_first, sum(nullif(f.last_paid, 0) * f.amount) AS last_paid_revenue,
        sum(f.linear) FILTER (WHERE f.counts) AS linear, sum(f.linear) FILTER (WHERE f.is_first_visit) AS linear_first, sum(nullif(f.linear, 0) * f.amount) AS linear_revenue,
        sum(f.position_based) FILTER (WHERE f.counts) AS position_based, sum(f.position_based) FILTER (WHERE f.is_first_visit) AS position_based_first, sum(nullif(f.position_based, 0) * f.amount) AS position_based_revenue,
        sum(f.time_decay) FILTER (WHERE f.counts) AS time_decay, sum(f.time_decay) FILTER (WHERE f.is_first_visit) AS time_decay_first, sum(nullif(f.time_decay, 0) * f.amount) AS time_decay_revenue,
        sum(f.shapley) FILTER (WHERE f.counts) AS shapley, sum(f.shapley) FILTER (WHERE f.is_first_visit) AS shapley_first, sum(nullif(f.shapley, 0) * f.amount) AS shapley_revenue,
        sum(f.markov) FILTER (WHERE f.counts) AS markov, sum(f.markov) FILTER (WHERE f.is_first_visit) AS markov_first, sum(nullif(f.markov, 0) * f.amount) AS markov_revenue
    FROM facts AS f
    GROUP BY 1, 2, 3, 4, 5, 6, 7
), spent AS (
    SELECT s.spent_on AS day, k.conversion, s.channel, s.source, s.medium, s.campaign, CASE WHEN r.rate IS NULL THEN s.currency ELSE @currency::text END AS currency,
        sum(s.cost * coalesce(r.rate, 1)) AS cost
    FROM {{sessions}}.spend AS s
    LEFT JOIN rates AS r ON r.currency = s.currency
    CROSS JOIN (SELECT 'signup' AS conversion UNION SELECT c.conversion FROM {{.Other}} AS c) AS k
    GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT r.day, r.conversion, r.model, r.channel, r.source, r.medium, r.campaign, r.currency, r.conversions, r.first_visits, r.revenue, r.spend,
    nullif(r.spend, 0) / nullif(r.conversions, 0), r.revenue / nullif(r.spend, 0), r.revenue / nullif(r.conversions, 0), r.first_visits / nullif(r.conversions, 0)
FROM (
    SELECT coalesce(e.day, s.day) AS day, coalesce(e.conversion, s.conversion) AS conversion, m.model, coalesce(e.channel, s.channel) AS channel,
        coalesce(e.source, s.source) AS source, coalesce(e.medium, s.medium) AS medium, coalesce(e.campaign, s.campaign) AS campaign,
        coalesce(e.currency, s.currency) AS currency, coalesce(m.conversions, 0)::double precision / 1152921504606846976 AS conversions,
        coalesce(m.first_visits, 0)::double precision / 1152921504606846976 AS first_visits,
        coalesce(m.revenue, 0)::double precision / 1152921504606846976 AS revenue, coalesce(s.cost, 0)::double precision AS spend
    FROM earned AS e
    FULL JOIN spent AS s ON s.day = e.day AND s.conversion = e.conversion AND s.currency = e.currency AND coalesce(s.channel, '') = coalesce(e.channel, '')
        AND coalesce(s.source, '') = coalesce(e.source, '') AND coalesce(s.medium, '') = coalesce(e.medium, '') AND coalesce(s.campaign, '') = coalesce(e.campaign, '')
    CROSS JOIN LATERAL (VALUES
        ('first_touch', e.first_touch, e.first_touch_first, e.first_touch_revenue),
        ('last_touch', e.last_touch, e.last_touch_first, e.last_touch_revenue),
        ('last_non_direct', e.last_non_direct, e.last_non_direct_first, e.last_non_direct_revenue),
        ('first_paid', e.first_paid, e.first_paid_first, e.first_paid_revenue),
        ('last_paid', e.last_paid, e.last_paid_first, e.last_paid_revenue),
        ('linear', e.linear, e.linear_first, e.linear_revenue),
        ('position_based', e.position_based, e.position_based_first, e.position_based_revenue),
        ('time_decay', e.time_decay, e.time_decay_first, e.time_decay_revenue),
        ('shapley', e.shapley, e.shapley_first, e.shapley_revenue),
        ('markov', e.markov, e.markov_first, e.markov_revenue)
    ) AS m (model, conversions, first_visits, revenue)
    WHERE m.conversions > 0 OR m.revenue <> 0 OR s.cost IS NOT NULL
) AS r
