-- Remembers how far copies were looked for. Writes: totals.
UPDATE {{ops}}.totals SET checked_extract = (SELECT last_value FROM {{ops}}.extract_ids)
