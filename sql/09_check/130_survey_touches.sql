-- The first touch of those who answered, in the order asked. Reads: user_ids, attribution. @user_ids: of those who answered.
SELECT i.user_id IS NOT NULL AS is_known, a.alias_id IS NOT NULL AS is_signed_up, coalesce(a.first_touch_channel, '')
FROM unnest(@user_ids::text[]) WITH ORDINALITY AS t (user_id, n)
LEFT JOIN {{aliases}}.user_ids AS i ON i.user_id = t.user_id
LEFT JOIN {{sessions}}.attribution AS a ON a.alias_id = i.alias_id AND a.is_identified
ORDER BY t.n
