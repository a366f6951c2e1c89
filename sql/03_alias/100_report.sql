-- What to tell of each night. Reads: anonymous_ids, user_ids.
SELECT (SELECT count(*) FROM {{aliases}}.anonymous_ids WHERE is_shared), (SELECT count(*) FROM {{aliases}}.anonymous_ids WHERE is_cut)
