-- Users, and those of them whose alias_id became another since they were first known. Reads: user_ids, changes.
SELECT (SELECT count(*) FROM {{aliases}}.user_ids),
    (SELECT count(DISTINCT identifier) FROM {{aliases}}.changes WHERE is_user AND old_alias_id IS NOT NULL AND new_alias_id IS NOT NULL)
