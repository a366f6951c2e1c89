-- The touches of this run's persons with a conversion, person by person, in time order. Reads: rewards, touches.
SELECT t.alias_id, t.is_identified, t.position, t.session_id, t.touched_at, t.source, t.medium, t.campaign, t.term, t.content,
    t.click_id, t.channel, t.is_paid, t.referrer, t.landing_page
FROM (SELECT DISTINCT r.alias_id, r.is_identified FROM {{aside "stages" "rewards" .Run}} AS r) AS c
JOIN {{aside "sessions" "touches" .Run}} AS t ON t.alias_id = c.alias_id AND t.is_identified = c.is_identified
ORDER BY t.alias_id, t.is_identified, t.position
