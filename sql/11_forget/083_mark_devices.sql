-- And stage 4 makes their persons anew. Reads: shared_devices. Writes: dirty_identifiers.
INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id)
SELECT '', anonymous_id FROM shared_devices
