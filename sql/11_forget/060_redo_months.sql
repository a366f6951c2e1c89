-- Where a row of another user went with them, an alias call, its month is sessionized whole; and where a pair that waits
-- names one of their devices beside another user. Reads: forgotten_rows, dirty_pairs, forgotten_ids. Writes: dirty_months.
INSERT INTO {{ops}}.dirty_months (received_month, reason)
SELECT (date_trunc('month', r.received_at AT TIME ZONE 'UTC'))::date, 'a person was forgotten'
FROM forgotten_rows AS r
WHERE r.user_id <> '' AND r.user_id NOT IN (SELECT f.identifier FROM forgotten_ids AS f WHERE f.is_user)
UNION
SELECT d.received_month, 'a person was forgotten'
FROM {{ops}}.dirty_pairs AS d
WHERE d.user_id <> '' AND d.user_id NOT IN (SELECT f.identifier FROM forgotten_ids AS f WHERE f.is_user)
    AND d.anonymous_id IN (SELECT f.identifier FROM forgotten_ids AS f)
ON CONFLICT DO NOTHING
