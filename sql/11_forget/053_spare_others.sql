-- Spares the rows that name one of those devices and are another user's. Writes: forgotten_rows. @absent: user_ids that are blocked.
DELETE FROM forgotten_rows AS i
WHERE NOT ({{template "is_forgotten" .}})
