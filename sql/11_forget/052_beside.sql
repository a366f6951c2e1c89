-- The user_ids on rows of those devices: whether one is blocked, so that the row is the device's alone, is known outside.
-- Reads: forgotten_rows, rejected_rows, forgotten_ids.
SELECT user_id FROM forgotten_rows WHERE user_id <> ''
UNION
SELECT r.user_id
FROM {{ops}}.rejected_rows AS r
JOIN forgotten_ids AS f ON NOT f.is_user AND r.anonymous_id = left(f.identifier, 100)
WHERE r.user_id <> ''
