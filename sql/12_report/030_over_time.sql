-- Conversions by time and channel. Reads: credits.
-- @unit: day, week (from Monday), month or year; @conversion, @model; @from, @until: the period, half-open.
SELECT date_trunc(@unit::text, converted_at), channel, sum(credit)
FROM {{sessions}}.credits
WHERE model = @model AND conversion = @conversion AND converted_at >= @from AND converted_at < @until
GROUP BY 1, 2
