-- The sessions of the signed-up persons of this run, person by person, in time order; a person without one has a row of
-- NULLs. Reads: signups, blogs, re_merged.
SELECT g.alias_id, g.is_identified, g.signup_timestamp, b.blog_at, b.blog_url, s.session_id, s.started_at, s.entry_page
FROM {{aside "stages" "signups" .Run}} AS g
LEFT JOIN {{aside "stages" "blogs" .Run}} AS b ON b.alias_id = g.alias_id AND b.is_identified = g.is_identified
LEFT JOIN {{aside "stages" "re_merged" .Run}} AS s ON s.alias_id = g.alias_id AND s.is_identified = g.is_identified
ORDER BY g.alias_id, g.is_identified, s.started_at
