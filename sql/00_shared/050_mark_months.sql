-- Marks every month there is. Writes: dirty_months. @months: first days; @reason.
INSERT INTO {{ops}}.dirty_months (received_month, reason)
SELECT m, @reason FROM unnest(@months::date[]) AS m
ON CONFLICT DO NOTHING
