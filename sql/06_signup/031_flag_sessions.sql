-- The signup session is the one with started_at <= signup <= ended_at + gap; there is one at most, since sessions lie more
-- than the gap apart. Reads: signups. Writes: the table of sessions. @gap.
UPDATE {{.Table}} AS s
SET is_signup_session = true
FROM {{aside "stages" "signups" .Run}} AS g
WHERE g.alias_id = s.alias_id AND g.is_identified = s.is_identified
    AND s.started_at <= g.signup_timestamp AND g.signup_timestamp <= s.ended_at + @gap::interval
