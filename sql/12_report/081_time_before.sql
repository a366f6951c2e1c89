-- Conversions by the time since the first touch; class 0: those without one. Reads: paths.
-- @bounds: least hours of each class, ascending from 0; @conversion; @from, @until: the period, half-open.
SELECT coalesce(width_bucket((extract(epoch FROM converted_at - touched_at) / 3600)::double precision, @bounds::double precision[]), 0), count(*)
FROM {{sessions}}.paths
WHERE first_touch > 0 AND conversion = @conversion AND converted_at >= @from AND converted_at < @until
GROUP BY 1
