-- They were not taken in. Reads: forgotten_rows. Writes: counters.
UPDATE {{ops}}.counters AS c
SET taken_in = c.taken_in - r.rows
FROM (
    SELECT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date AS received_month, count(*) AS rows
    FROM forgotten_rows
    WHERE NOT identities
    GROUP BY 1
) AS r
WHERE c.received_month = r.received_month
