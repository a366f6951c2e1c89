-- The user_ids on rows of forgotten devices: whether one is blocked, so that the row is the device's alone, is known outside.
-- Reads: incoming, forgotten_ids.
SELECT DISTINCT user_id
FROM incoming
WHERE user_id <> '' AND anonymous_id IN (SELECT f.identifier FROM forgotten_ids AS f WHERE NOT f.is_user)
