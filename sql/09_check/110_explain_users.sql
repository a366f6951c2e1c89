-- The user_ids of a person, with their first sight and the least alias call that joins each to another of them.
-- Reads: user_ids, first_sights, edges. @alias_id, @is_identified; @use_alias_calls.
SELECT u.user_id, f.first_at, f.first_kind, f.first_source, f.first_id,
    j.other, j.first_at, j.first_kind, j.first_source, j.first_id
FROM {{aliases}}.user_ids AS u
LEFT JOIN {{aliases}}.first_sights AS f ON f.user_id = u.user_id
LEFT JOIN LATERAL (
    SELECT o.user_id AS other, e.first_at, e.first_kind, e.first_source, e.first_id
    FROM {{aliases}}.edges AS e
    JOIN {{aliases}}.user_ids AS o ON o.user_id = CASE WHEN e.user_id = u.user_id THEN e.anonymous_id ELSE e.user_id END
    WHERE e.is_alias AND @use_alias_calls AND (e.user_id = u.user_id OR e.anonymous_id = u.user_id)
        AND o.alias_id = u.alias_id AND o.user_id <> u.user_id
    ORDER BY e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
    LIMIT 1
) AS j ON u.user_id <> u.alias_id
WHERE u.alias_id = @alias_id AND @is_identified
ORDER BY u.user_id <> u.alias_id, f.first_at, f.first_kind, f.first_received_at, f.first_source, f.first_id, u.user_id
