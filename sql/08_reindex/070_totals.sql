-- Persons with a signup, and rows of attribution. Reads: all_conversions, user_ids, anonymous_ids, attribution.
-- @signup: the conversion's name.
SELECT
    (
        SELECT count(*)
        FROM (
            SELECT DISTINCT
                CASE WHEN c.user_id <> '' THEN coalesce(u.alias_id, c.user_id) WHEN a.is_identified THEN a.alias_id ELSE c.anonymous_id END,
                c.user_id <> '' OR coalesce(a.is_identified, false)
            FROM {{stages}}.all_conversions AS c
            LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = c.user_id
            LEFT JOIN {{aliases}}.anonymous_ids AS a ON c.user_id = '' AND a.anonymous_id = c.anonymous_id
            WHERE c.conversion = @signup
        ) AS p
    ),
    (SELECT count(*) FROM {{sessions}}.attribution)
