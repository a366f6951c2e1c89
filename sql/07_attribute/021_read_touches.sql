-- The touches of the signed-up persons of this run, person by person, in time order. Reads: signups, touches.
SELECT t.alias_id, t.is_identified, t.position, t.session_id, t.touched_at, t.source, t.medium, t.campaign, t.term, t.content,
    t.click_id, t.channel, t.is_paid, t.referrer, t.landing_page
FROM {{aside "stages" "signups" .Run}} AS g
JOIN {{aside "sessions" "touches" .Run}} AS t ON t.alias_id = g.alias_id AND t.is_identified = g.is_identified
ORDER BY t.alias_id, t.is_identified, t.position
