-- Whom their identifiers moved from since the last publication is made anew all the same. Reads: forgotten_ids. Writes: dirty_identifiers.
INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id)
SELECT DISTINCT CASE WHEN d.old_is_identified THEN d.old_alias_id ELSE '' END, CASE WHEN d.old_is_identified THEN '' ELSE d.old_alias_id END
FROM {{ops}}.dirty_identifiers AS d
JOIN forgotten_ids AS f ON f.identifier = CASE WHEN f.is_user THEN d.user_id ELSE d.anonymous_id END
WHERE d.old_alias_id IS NOT NULL AND (d.old_is_identified, d.old_alias_id) NOT IN (SELECT o.is_user, o.identifier FROM forgotten_ids AS o)
