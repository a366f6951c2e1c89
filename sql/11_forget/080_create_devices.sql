-- The devices they shared with others, until the transaction ends: whose those are may change.
-- Reads: forgotten_ids, edges. Writes: a temporary table.
CREATE TEMPORARY TABLE shared_devices ON COMMIT DROP AS
SELECT DISTINCT e.anonymous_id
FROM forgotten_ids AS f
JOIN {{aliases}}.edges AS e ON e.user_id = f.identifier
WHERE f.is_user AND e.anonymous_id NOT IN (SELECT d.identifier FROM forgotten_ids AS d WHERE NOT d.is_user)
