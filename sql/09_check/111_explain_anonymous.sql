-- The anonymous_ids of a person, and those its users were seen with: whose they are, and the least edge, of all and of
-- this person's users. Reads: anonymous_ids, user_ids, edges. @alias_id, @is_identified; @use_alias_calls.
WITH users AS (
    SELECT u.user_id FROM {{aliases}}.user_ids AS u WHERE u.alias_id = @alias_id AND @is_identified
), named AS (
    SELECT a.anonymous_id FROM {{aliases}}.anonymous_ids AS a WHERE a.alias_id = @alias_id AND a.is_identified = @is_identified
    UNION
    SELECT e.anonymous_id
    FROM {{aliases}}.edges AS e
    JOIN users AS u ON u.user_id = e.user_id
    WHERE @use_alias_calls OR NOT e.is_alias
    UNION
    SELECT @alias_id::text WHERE NOT @is_identified
)
SELECT n.anonymous_id, coalesce(a.alias_id, n.anonymous_id), coalesce(a.is_identified, false),
    coalesce(a.is_shared, false), coalesce(a.is_cut, false), coalesce(a.person_count, 0),
    l.user_id, l.is_alias, l.first_at, l.first_kind, l.first_source, l.first_id,
    m.user_id, m.is_alias, m.first_at, m.first_kind, m.first_source, m.first_id
FROM named AS n
LEFT JOIN {{aliases}}.anonymous_ids AS a ON a.anonymous_id = n.anonymous_id
LEFT JOIN LATERAL (
    SELECT e.*
    FROM {{aliases}}.edges AS e
    WHERE e.anonymous_id = n.anonymous_id AND (@use_alias_calls OR NOT e.is_alias)
    ORDER BY e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
    LIMIT 1
) AS l ON true
LEFT JOIN LATERAL (
    SELECT e.*
    FROM {{aliases}}.edges AS e
    WHERE e.anonymous_id = n.anonymous_id AND e.user_id IN (SELECT u.user_id FROM users AS u) AND (@use_alias_calls OR NOT e.is_alias)
    ORDER BY e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
    LIMIT 1
) AS m ON true
ORDER BY coalesce(m.first_at, l.first_at), n.anonymous_id
