-- Conversions by channel and model: nine models in one reading of the paths, and Markov, whose weights are of this morning.
-- Reads: paths, credits. @conversion; @from, @until: the period, half-open.
SELECT p.channel, m.model, sum(m.credit)
FROM {{sessions}}.paths AS p
CROSS JOIN LATERAL (VALUES
    ('first_touch', p.first_touch), ('last_touch', p.last_touch), ('last_non_direct', p.last_non_direct), ('first_paid', p.first_paid),
    ('last_paid', p.last_paid), ('linear', p.linear), ('position_based', p.position_based), ('time_decay', p.time_decay), ('shapley', p.shapley)
) AS m (model, credit)
WHERE p.conversion = @conversion AND p.converted_at >= @from AND p.converted_at < @until AND m.credit > 0
GROUP BY p.channel, m.model
UNION ALL
SELECT channel, 'markov', sum(credit)
FROM {{sessions}}.credits
WHERE model = 'markov' AND conversion = @conversion AND converted_at >= @from AND converted_at < @until
GROUP BY channel
