-- Purpose: the touches before each conversion, within the longest lookback of any model.
--          A session begun at or before it whose every touch is later counts as one
--          direct touch at its first event. is_seen says which models see the touch. Of
--          more than 1000 the first is kept and the latest ones.
-- Reads:   session_touches, sessions, session_pages, rewards, settings.
-- Writes:  path_touches.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.path_touches AS
WITH placed AS (
    SELECT
        t.*, s.session_id,
        row_number() OVER (PARTITION BY t.alias_id, t.is_identified ORDER BY t.n) AS touch_position
    FROM {{.Schema}}.session_touches AS t
    JOIN {{.Schema}}.sessions AS s
        ON s.alias_id = t.alias_id AND s.is_identified = t.is_identified AND s.session_index = t.session_index
),

before AS (
    SELECT
        c.alias_id, c.is_identified, c.conversion, c.number, c.converted_at, t.session_index,
        t.n, t.touch_position, t.session_id, t.touched_at,
        t.source, t.medium, t.campaign, t.channel, t.landing_page, t.is_paid
    FROM {{.Schema}}.rewards AS c
    JOIN placed AS t ON t.alias_id = c.alias_id AND t.is_identified = c.is_identified AND t.touched_at <= c.converted_at
),

counted AS (
    SELECT before.*
    FROM before
    UNION ALL
    SELECT
        c.alias_id, c.is_identified, c.conversion, c.number, c.converted_at, s.session_index,
        s.first_n, NULL, s.session_id, s.started_at,
        d.direct_source, d.direct_medium, NULL, d.direct_channel, s.entry_page, d.direct_is_paid
    FROM {{.Schema}}.rewards AS c
    JOIN {{.Schema}}.session_pages AS s
        ON s.alias_id = c.alias_id AND s.is_identified = c.is_identified AND s.started_at <= c.converted_at
    CROSS JOIN {{.Schema}}.settings AS d
    WHERE NOT EXISTS (
        SELECT
        FROM before AS t
        WHERE t.alias_id = c.alias_id
            AND t.is_identified = c.is_identified
            AND t.conversion = c.conversion
            AND t.number = c.number
            AND t.session_index = s.session_index
    )
),

seen AS (
    SELECT
        c.*,
        c.source IS NOT DISTINCT FROM s.direct_source AS is_direct,
        extract(epoch FROM c.converted_at - c.touched_at) / extract(epoch FROM s.half_life) AS half_lives,
        ARRAY(
            SELECT m.lookback = interval '0' OR c.touched_at >= c.converted_at - m.lookback
            FROM unnest(s.model_lookbacks) WITH ORDINALITY AS m (lookback, place)
            ORDER BY m.place
        ) AS is_seen
    FROM counted AS c
    CROSS JOIN {{.Schema}}.settings AS s
),

ranked AS (
    SELECT seen.*, row_number() OVER path AS place, count(*) OVER path - 1000 AS too_many
    FROM seen
    WHERE true = ANY (is_seen)
    WINDOW path AS (
        PARTITION BY alias_id, is_identified, conversion, number ORDER BY n
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
)

SELECT ranked.*, place - CASE WHEN place > 1 THEN greatest(too_many, 0) ELSE 0 END AS position
FROM ranked
WHERE place = 1 OR place > too_many + 1
