-- The month's whole-month mark is done. Writes: dirty_months. @month.
DELETE FROM {{ops}}.dirty_months WHERE received_month = @month
