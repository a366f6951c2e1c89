-- Devices: all that are known, those too many persons share, and those cut from an identity too large. Reads: anonymous_ids.
SELECT count(*), count(*) FILTER (WHERE is_shared), count(*) FILTER (WHERE is_cut) FROM {{aliases}}.anonymous_ids
