-- How far a source table has been taken in. Reads: high_water_marks. @source, @source_table.
SELECT load_time, first_as_of, next_month
FROM {{ops}}.high_water_marks
WHERE source = @source AND source_table = @source_table
