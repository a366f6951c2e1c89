-- Purpose: the published paths: what each model gives each touch, and at position 0 what
--          it can give none. The models by their place in is_seen.
-- Reads:   path_touches, rewards.
-- Writes:  paths.
-- Parameters: none.
CREATE {{if not .Logged}}UNLOGGED {{end}}TABLE {{.Schema}}.paths AS
WITH chosen AS (
    SELECT
        t.*,
        min(n) FILTER (WHERE is_seen[1]) OVER path AS first_n,
        max(n) FILTER (WHERE is_seen[2]) OVER path AS last_n,
        coalesce(
            max(n) FILTER (WHERE is_seen[3] AND NOT is_direct) OVER path,
            max(n) FILTER (WHERE is_seen[3]) OVER path
        ) AS last_non_direct_n,
        min(n) FILTER (WHERE is_seen[4] AND is_paid) OVER path AS first_paid_n,
        max(n) FILTER (WHERE is_seen[5] AND is_paid) OVER path AS last_paid_n,
        count(*) FILTER (WHERE is_seen[6]) OVER path AS linear_count,
        count(*) FILTER (WHERE is_seen[7]) OVER path AS based_count,
        min(n) FILTER (WHERE is_seen[7]) OVER path AS based_first_n,
        max(n) FILTER (WHERE is_seen[7]) OVER path AS based_last_n,
        min(half_lives) FILTER (WHERE is_seen[8]) OVER path AS youngest,
        count(*) FILTER (WHERE is_seen[9]) OVER of_channel AS shapley_touches,
        is_seen[9] AND row_number() OVER (
            PARTITION BY alias_id, is_identified, conversion, number, channel, is_seen[9] ORDER BY n
        ) = 1 AS begins_channel,
        count(*) FILTER (WHERE is_seen[10]) OVER of_channel AS markov_touches
    FROM {{.Schema}}.path_touches AS t
    WINDOW
        path AS (PARTITION BY alias_id, is_identified, conversion, number),
        of_channel AS (PARTITION BY alias_id, is_identified, conversion, number, channel)
),

weighed AS (
    SELECT
        chosen.*,
        count(*) FILTER (WHERE begins_channel) OVER path AS channels,
        CASE WHEN is_seen[8] THEN power(2::float8, greatest(youngest - half_lives, -1000)::float8) ELSE 0 END AS weight
    FROM chosen
    WINDOW path AS (PARTITION BY alias_id, is_identified, conversion, number)
),

credits AS (
    SELECT
        alias_id, is_identified, conversion, number, position, converted_at, touch_position, session_id, touched_at,
        source, medium, campaign, channel, landing_page, is_paid,
        (n = first_n)::int::float8 AS first_touch,
        (n = last_n)::int::float8 AS last_touch,
        (n = last_non_direct_n)::int::float8 AS last_non_direct,
        (n = first_paid_n)::int::float8 AS first_paid,
        (n = last_paid_n)::int::float8 AS last_paid,
        CASE WHEN is_seen[6] THEN 1 / linear_count::float8 END AS linear,
        CASE
            WHEN NOT is_seen[7] THEN 0
            WHEN based_count <= 2 THEN 1 / based_count::float8
            WHEN n IN (based_first_n, based_last_n) THEN 0.4
            ELSE 0.2 / (based_count - 2)::float8
        END AS position_based,
        weight / nullif(sum(weight) OVER (PARTITION BY alias_id, is_identified, conversion, number), 0) AS time_decay,
        CASE WHEN is_seen[9] THEN 1 / channels::float8 / shapley_touches::float8 END AS shapley,
        CASE WHEN is_seen[10] THEN 1 / markov_touches::float8 END AS markov_share
    FROM weighed
),

given AS (
    SELECT
        c.alias_id, c.is_identified, c.conversion, c.number, c.converted_at,
        coalesce(bool_or(t.is_seen[1]), false) AS by_first,
        coalesce(bool_or(t.is_seen[2]), false) AS by_last,
        coalesce(bool_or(t.is_seen[3]), false) AS by_last_non_direct,
        coalesce(bool_or(t.is_seen[4] AND t.is_paid), false) AS by_first_paid,
        coalesce(bool_or(t.is_seen[5] AND t.is_paid), false) AS by_last_paid,
        coalesce(bool_or(t.is_seen[6]), false) AS by_linear,
        coalesce(bool_or(t.is_seen[7]), false) AS by_position,
        coalesce(bool_or(t.is_seen[8]), false) AS by_time,
        coalesce(bool_or(t.is_seen[9]), false) AS by_shapley,
        coalesce(bool_or(t.is_seen[10]), false) AS by_markov
    FROM {{.Schema}}.rewards AS c
    LEFT JOIN {{.Schema}}.path_touches AS t
        ON t.alias_id = c.alias_id AND t.is_identified = c.is_identified AND t.conversion = c.conversion AND t.number = c.number
    GROUP BY c.alias_id, c.is_identified, c.conversion, c.number, c.converted_at
)

SELECT
    alias_id, is_identified, conversion, number, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid,
    coalesce(first_touch, 0) AS first_touch,
    coalesce(last_touch, 0) AS last_touch,
    coalesce(last_non_direct, 0) AS last_non_direct,
    coalesce(first_paid, 0) AS first_paid,
    coalesce(last_paid, 0) AS last_paid,
    coalesce(linear, 0) AS linear,
    position_based::float8 AS position_based,
    coalesce(time_decay, 0) AS time_decay,
    coalesce(shapley, 0) AS shapley,
    coalesce(markov_share, 0) AS markov_share
FROM credits
UNION ALL
SELECT
    alias_id, is_identified, conversion, number, 0, converted_at, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, false,
    (NOT by_first)::int, (NOT by_last)::int, (NOT by_last_non_direct)::int, (NOT by_first_paid)::int, (NOT by_last_paid)::int,
    (NOT by_linear)::int, (NOT by_position)::int, (NOT by_time)::int, (NOT by_shapley)::int, (NOT by_markov)::int
FROM given
WHERE NOT (
    by_first AND by_last AND by_last_non_direct AND by_first_paid AND by_last_paid
    AND by_linear AND by_position AND by_time AND by_shapley AND by_markov
)
