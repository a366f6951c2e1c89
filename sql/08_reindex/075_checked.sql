-- How far copies were looked for. Reads: totals.
SELECT checked_extract FROM {{ops}}.totals
