-- The conversions of the period: how many; those with a touch, with one that is not direct, with a paid one; medians of the
-- sessions until then, of those with any, and of the days since the first touch.
-- Reads: conversions, paths. @conversion; @from, @until: the period, half-open.
SELECT count(*), count(*) FILTER (WHERE has_touch), count(*) FILTER (WHERE has_origin), count(*) FILTER (WHERE has_paid),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY nullif(session_count, 0)), percentile_cont(0.5) WITHIN GROUP (ORDER BY days)
FROM (
    SELECT c.session_count, coalesce(bool_or(p.channel IS NOT NULL), false) AS has_touch,
        coalesce(bool_or(p.source <> '(direct)'), false) AS has_origin, coalesce(bool_or(p.is_paid), false) AS has_paid,
        extract(epoch FROM c.converted_at - min(p.touched_at) FILTER (WHERE p.first_touch > 0)) / 86400 AS days
    FROM {{sessions}}.conversions AS c
    LEFT JOIN {{sessions}}.paths AS p ON p.alias_id = c.alias_id AND p.is_identified = c.is_identified
        AND p.conversion = c.conversion AND p.number = c.number AND p.converted_at >= @from AND p.converted_at < @until
    WHERE c.conversion = @conversion AND c.converted_at >= @from AND c.converted_at < @until
    GROUP BY c.alias_id, c.is_identified, c.conversion, c.number
) AS c
