-- Every person, old and new, of an identifier whose visits, conversions or person changed.
-- Reads: dirty_identifiers, user_ids, anonymous_ids. Writes: dirty_persons.
INSERT INTO {{ops}}.dirty_persons (alias_id, is_identified, mark)
SELECT alias_id, is_identified, nextval({{sequence "ops" "dirty_marks"}})
FROM (
    SELECT coalesce(u.alias_id, d.user_id) AS alias_id, true AS is_identified
    FROM {{ops}}.dirty_identifiers AS d
    LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = d.user_id
    WHERE d.user_id <> ''
    UNION
    SELECT CASE WHEN a.is_identified THEN a.alias_id ELSE d.anonymous_id END, coalesce(a.is_identified, false)
    FROM {{ops}}.dirty_identifiers AS d
    LEFT JOIN {{aliases}}.anonymous_ids AS a ON a.anonymous_id = d.anonymous_id
    WHERE d.user_id = '' AND d.anonymous_id <> ''
    UNION
    SELECT old_alias_id, old_is_identified
    FROM {{ops}}.dirty_identifiers
    WHERE old_alias_id IS NOT NULL
) AS p
ON CONFLICT (alias_id, is_identified) DO UPDATE SET mark = excluded.mark
