-- Pages and the worth of those they brought: the @top by conversions, then all others in one row, then conversions without one.
-- Landing pages, of the touches that earned the credit; with Flag the first blog page of the person at or before the signup.
-- Without query and fragment. Revenue is, as in channel_performance, all that a signed-up person paid, where payments are known,
-- else the value of the conversion. Later sessions are those after the conversion; returned are those with a session in the
-- fourth week after the signup, of those for whom that week is over.
-- Reads: credits, conversions, persons, attribution, revenue, freshness.
-- @conversion; @model: not with Flag; @currency: of the revenue; @currencies, @rates: what one unit of these is worth in it; @from, @until: the period, half-open.
WITH rates AS (
    SELECT * FROM unnest(@currencies::text[], @rates::double precision[]) AS r (currency, rate)
), paid AS (
    SELECT alias_id, is_identified, sum(amount * rate) AS revenue
    FROM {{sessions}}.revenue
    JOIN rates USING (currency)
    WHERE alias_id IS NOT NULL
    GROUP BY alias_id, is_identified
), earned AS (
{{- if .Flag}}
    SELECT c.alias_id, c.is_identified, c.number, a.blog_url AS page, 1 AS credit
    FROM {{sessions}}.conversions AS c
    LEFT JOIN {{sessions}}.attribution AS a USING (alias_id, is_identified)
    WHERE c.conversion = @conversion AND c.converted_at >= @from AND c.converted_at < @until
{{- else}}
    SELECT alias_id, is_identified, number, landing_page AS page, credit
    FROM {{sessions}}.credits
    WHERE model = @model AND conversion = @conversion AND converted_at >= @from AND converted_at < @until
{{- end}}
), pages AS (
    SELECT split_part(split_part(e.page, '#', 1), '?', 1) AS page, sum(e.credit) AS conversions,
        sum(e.credit * coalesce(CASE WHEN @conversion::text = 'signup' AND EXISTS (SELECT FROM {{sessions}}.revenue) THEN d.revenue ELSE c.value * r.rate END, 0)) AS revenue,
        sum(e.credit * (p.session_count - c.session_count)) AS later_sessions,
        sum(e.credit) FILTER (WHERE p.signup_timestamp + interval '35 days' <= n.newest) AS old_enough,
        sum(e.credit) FILTER (WHERE p.signup_timestamp + interval '35 days' <= n.newest AND p.active_in_week_4) AS returned
    FROM earned AS e
    JOIN {{sessions}}.conversions AS c ON c.alias_id = e.alias_id AND c.is_identified = e.is_identified AND c.number = e.number
        AND c.conversion = @conversion AND c.converted_at >= @from AND c.converted_at < @until
    CROSS JOIN (SELECT max(newest_event) AS newest FROM {{sessions}}.freshness) AS n
    LEFT JOIN {{sessions}}.persons AS p ON p.alias_id = e.alias_id AND p.is_identified = e.is_identified
    LEFT JOIN paid AS d ON d.alias_id = e.alias_id AND d.is_identified = e.is_identified
    LEFT JOIN rates AS r ON r.currency = coalesce(c.currency, @currency::text)
    GROUP BY 1
), named AS (
    SELECT *, CASE WHEN page IS NULL THEN 3 WHEN row_number() OVER (PARTITION BY page IS NULL ORDER BY conversions DESC, page) <= @top::int THEN 1 ELSE 2 END AS kind
    FROM pages
)
SELECT kind, CASE WHEN kind = 1 THEN page END, sum(conversions), sum(revenue), coalesce(sum(later_sessions), 0), coalesce(sum(old_enough), 0), coalesce(sum(returned), 0)
FROM named
GROUP BY 1, 2
ORDER BY 1, sum(conversions) DESC, 2
