-- How many signed-up persons whose truth the events show came out so, in signup, sessions
-- before it and first touch; how many the events cannot show, and why. Reads: attribution,
-- simulated_truth.persons. @as_of.
WITH known AS (
    SELECT p.flags = '' AND p.settled_at <= @as_of AS is_shown,
        CASE
            WHEN p.flags LIKE '%shared_device%' THEN 'shared a computer'
            WHEN p.flags LIKE '%unlinked_device%' THEN 'had cleared a cookie, or never logged in on one device'
            WHEN p.flags LIKE '%wrong_clock%' THEN 'had a wrong clock'
            WHEN p.flags LIKE '%misspelt_campaign%' THEN 'followed a misspelt link'
            ELSE 'have rows still to come'
        END AS why,
        a.alias_id IS NOT NULL
            AND (a.signup_timestamp, a.session_count_before_signup, a.first_touch_timestamp, a.first_touch_source, a.first_touch_medium, a.first_touch_campaign)
            IS NOT DISTINCT FROM
            (p.signup_timestamp, p.session_count_before_signup, p.first_touch_timestamp, p.first_touch_source, p.first_touch_medium, p.first_touch_campaign) AS is_right
    FROM simulated_truth.persons p
    LEFT JOIN sessions.attribution a ON (a.alias_id, a.is_identified) = (p.alias_id, p.is_identified)
    WHERE p.is_signed_up
), reasons AS (
    SELECT why, count(*) AS persons FROM known WHERE NOT is_shown GROUP BY why
)
SELECT count(*) FILTER (WHERE is_shown), count(*) FILTER (WHERE is_shown AND is_right), count(*) FILTER (WHERE NOT is_shown),
    coalesce((SELECT string_agg(persons || ' ' || why, '; ' ORDER BY persons DESC, why) FROM reasons), '')
FROM known
