-- The month's pairs are done. Writes: dirty_pairs. @month.
DELETE FROM {{ops}}.dirty_pairs WHERE received_month = @month
