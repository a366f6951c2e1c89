-- The persons an anonymous_id was seen with, earliest first. Reads: edges, user_ids. @anonymous_id; @use_alias_calls; @limit.
SELECT u.alias_id
FROM {{aliases}}.edges AS e
JOIN {{aliases}}.user_ids AS u ON u.user_id = e.user_id
WHERE e.anonymous_id = @anonymous_id AND (@use_alias_calls OR NOT e.is_alias)
GROUP BY u.alias_id
ORDER BY min(e.first_at), u.alias_id
LIMIT @limit
