-- How much does one channel earn under each model?
--
-- Read: signups is what the model gives Paid Search, percent its part of all signups.
-- Much under last_touch and little under first_touch: it closes what others opened.
-- first_paid and last_paid ask only who was paid for; their part is of all signups, too.
--
-- Caveats: models answer different questions; none of them is a measurement of cause.
-- markov changes a little every morning, since its weights do.
SELECT model, round(sum(credit) FILTER (WHERE channel = 'Paid Search')::numeric, 2) AS signups,
    round((100 * coalesce(sum(credit) FILTER (WHERE channel = 'Paid Search'), 0) / sum(credit))::numeric, 1) AS percent
FROM sessions.credits
WHERE conversion = 'signup'
GROUP BY model
ORDER BY array_position('{first_touch,last_touch,last_non_direct,first_paid,last_paid,linear,position_based,time_decay,shapley,markov}', model);
