-- The source tables taken in so far. Reads: high_water_marks.
SELECT source, source_table FROM {{ops}}.high_water_marks ORDER BY source, source_table
