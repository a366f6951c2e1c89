-- Conversions by the channels of their first and their last touch. Reads: paths. @conversion; @from, @until: the period, half-open.
SELECT first_channel, last_channel, count(*)
FROM (
    SELECT max(channel) FILTER (WHERE first_touch > 0) AS first_channel, max(channel) FILTER (WHERE last_touch > 0) AS last_channel
    FROM {{sessions}}.paths
    WHERE conversion = @conversion AND converted_at >= @from AND converted_at < @until
    GROUP BY alias_id, is_identified, number
) AS c
GROUP BY first_channel, last_channel
