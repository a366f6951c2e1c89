-- The columns a source table had at the last run. Reads: source_columns. @source, @source_table.
SELECT column_name, data_type
FROM {{ops}}.source_columns
WHERE source = @source AND source_table = @source_table
