-- A few rows of sessions.attribution worth looking at: a long anonymous history, a paid
-- touch that was not the first, and the like. Reads: attribution.
WITH person AS (
    SELECT *, (signup_timestamp - first_touch_timestamp) AS waited,
        (first_touch_timestamp, first_touch_source) IS DISTINCT FROM (first_attributed_touch_timestamp, first_attributed_touch_source) AS differs
    FROM sessions.attribution
), picked AS (
    (SELECT 1 AS place, * FROM person WHERE first_attributed_touch_timestamp IS NULL AND first_touch_source <> '(direct)' ORDER BY waited DESC NULLS LAST, alias_id LIMIT 2)
    UNION (SELECT 2, * FROM person WHERE differs AND first_attributed_touch_timestamp IS NOT NULL AND first_touch_source <> '(direct)' ORDER BY waited DESC NULLS LAST, alias_id LIMIT 2)
    UNION (SELECT 3, * FROM person WHERE NOT differs AND session_count_before_signup > 1 ORDER BY waited DESC NULLS LAST, alias_id LIMIT 1)
    UNION (SELECT 4, * FROM person WHERE session_count_before_signup = 1 AND first_attributed_touch_timestamp IS NOT NULL ORDER BY signup_timestamp DESC, alias_id LIMIT 1)
)
SELECT alias_id, is_identified, signup_timestamp, session_count_before_signup, extract(day FROM waited)::int,
    first_touch_source, first_touch_medium, first_touch_campaign,
    first_attributed_touch_source, first_attributed_touch_medium, first_attributed_touch_campaign
FROM picked
ORDER BY place, waited DESC
