-- The extractions whose rows of a month are to be appended. Reads: dirty_pairs. @month: its first day.
SELECT DISTINCT extract_id
FROM {{ops}}.dirty_pairs
WHERE received_month = @month AND NOT rebuild
ORDER BY extract_id
