-- The sessions of this run's persons with a conversion, person by person, in time order; a person without one has a row of
-- NULLs. Reads: rewards, signups, blogs, re_merged.
SELECT c.alias_id, c.is_identified, g.signup_timestamp, b.blog_at, b.blog_url, s.session_id, s.started_at, s.entry_page
FROM (SELECT DISTINCT r.alias_id, r.is_identified FROM {{aside "stages" "rewards" .Run}} AS r) AS c
LEFT JOIN {{aside "stages" "signups" .Run}} AS g ON g.alias_id = c.alias_id AND g.is_identified = c.is_identified
LEFT JOIN {{aside "stages" "blogs" .Run}} AS b ON b.alias_id = c.alias_id AND b.is_identified = c.is_identified
LEFT JOIN {{aside "stages" "re_merged" .Run}} AS s ON s.alias_id = c.alias_id AND s.is_identified = c.is_identified
ORDER BY c.alias_id, c.is_identified, s.started_at
