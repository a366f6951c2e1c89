-- The pairs of a month to derive anew. Reads: dirty_pairs. @month: its first day.
SELECT DISTINCT anonymous_id, user_id
FROM {{ops}}.dirty_pairs
WHERE received_month = @month AND rebuild
