-- Which touches of signed-up persons came at or before the signup. Reads: signups. Writes: touches.
UPDATE {{aside "sessions" "touches" .Run}} AS t
SET is_before_signup = t.touched_at <= g.signup_timestamp
FROM {{aside "stages" "signups" .Run}} AS g
WHERE t.alias_id = g.alias_id AND t.is_identified = g.is_identified
