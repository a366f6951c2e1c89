-- The persons an identifier belongs to: as a user_id, as an anonymous_id. Reads: user_ids, anonymous_ids, all_tracks, all_conversions. @id.
SELECT u.alias_id, true AS is_identified, true AS as_user
FROM {{aliases}}.user_ids AS u
WHERE u.user_id = @id
UNION ALL
SELECT a.alias_id, a.is_identified, false
FROM {{aliases}}.anonymous_ids AS a
WHERE a.anonymous_id = @id
UNION ALL
SELECT @id, false, false
WHERE NOT EXISTS (SELECT FROM {{aliases}}.anonymous_ids AS a WHERE a.anonymous_id = @id)
    AND (EXISTS (SELECT FROM {{stages}}.all_tracks AS t WHERE t.user_id = '' AND t.anonymous_id = @id)
        OR EXISTS (SELECT FROM {{stages}}.all_conversions AS c WHERE c.user_id = '' AND c.anonymous_id = @id))
