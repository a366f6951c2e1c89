-- A month that held nothing before is sessionized whole: one mark for all its pairs. Writes: dirty_months. @month, @reason.
INSERT INTO {{ops}}.dirty_months (received_month, reason)
VALUES (@month, @reason)
ON CONFLICT DO NOTHING
