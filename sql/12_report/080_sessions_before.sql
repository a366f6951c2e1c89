-- Conversions by how many sessions had begun by then. Reads: conversions.
-- @bounds: least number of each class, ascending from 0; @conversion; @from, @until: the period, half-open.
SELECT width_bucket(session_count::double precision, @bounds::double precision[]), count(*)
FROM {{sessions}}.conversions
WHERE conversion = @conversion AND converted_at >= @from AND converted_at < @until
GROUP BY 1
