-- Deletes their devices, and those that are theirs so far but not any more; a device with other users stays.
-- Reads: forgotten_ids, edges. Writes: anonymous_ids.
DELETE FROM {{aliases}}.anonymous_ids AS a
USING forgotten_ids AS f
WHERE f.is_user AND a.is_identified AND a.alias_id = f.identifier
    OR NOT f.is_user AND a.anonymous_id = f.identifier AND NOT EXISTS (SELECT FROM {{aliases}}.edges AS e WHERE e.anonymous_id = a.anonymous_id)
