-- Deletes the shared devices nobody is left of. Reads: shared_devices, edges. Writes: anonymous_ids.
DELETE FROM {{aliases}}.anonymous_ids AS a
USING shared_devices AS d
WHERE a.anonymous_id = d.anonymous_id AND NOT EXISTS (SELECT FROM {{aliases}}.edges AS e WHERE e.anonymous_id = a.anonymous_id)
