-- Makes room for the columns a source table has now. Writes: source_columns. @source, @source_table.
DELETE FROM {{ops}}.source_columns
WHERE source = @source AND source_table = @source_table
