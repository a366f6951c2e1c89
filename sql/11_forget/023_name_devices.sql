-- The anonymous_ids that were seen with those users and with nobody else. Reads: edges. Writes: forgotten_ids. @use_alias_calls.
INSERT INTO forgotten_ids (is_user, identifier)
SELECT DISTINCT false, e.anonymous_id
FROM forgotten_ids AS f
JOIN {{aliases}}.edges AS e ON e.user_id = f.identifier
WHERE f.is_user AND (@use_alias_calls OR NOT e.is_alias)
    AND NOT EXISTS (
        SELECT FROM {{aliases}}.edges AS o
        WHERE o.anonymous_id = e.anonymous_id AND (@use_alias_calls OR NOT o.is_alias)
            AND o.user_id NOT IN (SELECT u.identifier FROM forgotten_ids AS u WHERE u.is_user)
    )
ON CONFLICT DO NOTHING
