-- The signup session is the latest with started_at <= signup <= ended_at + gap. Reads: signups. Writes: re_merged. @gap.
UPDATE {{aside "stages" "re_merged" .Run}} AS r
SET is_signup_session = true
FROM (
    SELECT DISTINCT ON (s.alias_id, s.is_identified) s.alias_id, s.is_identified, s.started_at
    FROM {{aside "stages" "signups" .Run}} AS g
    JOIN {{aside "stages" "re_merged" .Run}} AS s ON s.alias_id = g.alias_id AND s.is_identified = g.is_identified
    WHERE s.started_at <= g.signup_timestamp AND g.signup_timestamp <= s.ended_at + @gap::interval
    ORDER BY s.alias_id, s.is_identified, s.started_at DESC
) AS l
WHERE r.alias_id = l.alias_id AND r.is_identified = l.is_identified AND r.started_at = l.started_at
